import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { template } from '#core/logs/elasticsearch/template.ts'
import { PandoError } from '#lib/errors.ts'
import { makeLog } from '#lib/log.ts'
import { onEngine } from '../support/engines.ts'
import { hasLabel, textOf, unknownMetrics, yamlOf } from './files.ts'

interface Saved {
  id: string
  type: string
  attributes: Record<string, string>
  references: { id: string; type: string; name: string }[]
}
const saved = (): Saved[] =>
  textOf('deploy/elk/kibana.ndjson')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Saved)

// DEPLOY-7
test('what Kibana is given: every object that is named is there, every text in it can be read, every metric is one', () => {
  const all = saved()
  const ids = new Set(all.map((o) => `${o.type}/${o.id}`))
  assert.equal(ids.size, all.length)
  for (const o of all) {
    for (const r of o.references) assert.ok(ids.has(`${r.type}/${r.id}`), `${o.id} names ${r.type}/${r.id}`)
    for (const [name, text] of Object.entries(o.attributes)) if (/State$|JSON$/.test(name)) JSON.parse(text)
  }
  const [dashboard] = all.filter((o) => o.type === 'dashboard')
  const shown = dashboard!.references.map((r) => r.id)
  for (const id of ['pando-fleet', 'pando-refusals', 'pando-latency', 'pando-errors']) assert.ok(shown.includes(id), id)
  const panels = JSON.parse(dashboard!.attributes['panelsJSON']!) as { panelIndex: string; panelRefName: string }[]
  assert.deepEqual(
    panels.map((p) => `${p.panelIndex}:${p.panelRefName}`),
    dashboard!.references.map((r) => r.name),
  )
  assert.deepEqual(unknownMetrics(textOf('deploy/elk/kibana.ndjson')), [])
})

/** Names of the fields of a line, as they are indexed. */
function fieldsOf(line: object, before = ''): string[] {
  return Object.entries(line).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? fieldsOf(value, `${before}${name}.`) : [before + name],
  )
}

interface Series {
  metrics: { field?: string }[]
  terms_field?: string
  filter?: { query: string }
}

// DEPLOY-7
test('what Kibana is given groups metrics by labels that they have, and lines by fields that lines have', () => {
  let line = ''
  const log = makeLog({ level: 'info', destination: { write: (text: string) => void (line = text) } }).child({ service: 'x' })
  const err = new PandoError('unavailable', 'away')
  log.warn({ err, code: err.code }, 'call failed')
  const fields = fieldsOf(JSON.parse(line))
  const queried = (query: string) => [...query.matchAll(/([\w.@]+) :/g)].map((m) => m[1]!)
  const wanted = saved().flatMap(({ type, attributes: a }) => {
    if (type === 'search') return a['columns'] as unknown as string[]
    if (type !== 'visualization') return []
    const { series } = JSON.parse(a['visState']!).params as { series: Series[] }
    return series.flatMap((s) => {
      const [metric] = s.metrics.flatMap((m) => /^prometheus\.(\w+)\./.exec(m.field ?? '')?.[1] ?? [])
      const names = [...(s.terms_field ? [s.terms_field] : []), ...queried(s.filter?.query ?? '')]
      if (metric === undefined) return names
      for (const name of names) assert.ok(hasLabel(metric, name.replace('prometheus.labels.', '')), `${metric}: ${name}`)
      return []
    })
  })
  assert.ok(wanted.length > 3)
  assert.deepEqual(
    wanted.filter((name) => !fields.includes(name)),
    [],
  )
})

// DEPLOY-7
test('the index template is the one that the cloud makes itself, for every data stream of logs of ours', () => {
  const file = JSON.parse(textOf('deploy/elk/index-template.json'))
  const stream = 'logs-pando-default'
  assert.deepEqual(file, { ...template(stream), index_patterns: ['logs-pando-*'] })
  const pipeline = textOf('deploy/elk/logstash.conf')
  const part = (name: string) => new RegExp(`data_stream\\]\\[${name}\\]" => "(\\w+)"`).exec(pipeline)![1]
  assert.equal([part('type'), part('dataset'), part('namespace')].join('-'), stream)
})

// DEPLOY-7
test('collectors: what they read is what processes write', () => {
  const filebeat = yamlOf('deploy/elk/filebeat.yml')
  const units = filebeat['filebeat.inputs'][0]['include_matches.match'] as string[]
  assert.deepEqual(units, ['SYSLOG_IDENTIFIER=pando'])
  for (const unit of ['pando', 'pando@']) assert.match(textOf(`deploy/systemd/${unit}.service`), /^SyslogIdentifier=pando$/m)
  const [module] = yamlOf('deploy/elk/metricbeat.yml')['metricbeat.modules']
  assert.deepEqual([module.metrics_path, module.metrics_filters.include], ['/metrics', ['^pando_.*']])
  const text = textOf('deploy/elk/logstash.conf').replace(/"[^"]*"|\/.*?\/(?= )|#.*/g, '')
  assert.equal(text.split('{').length, text.split('}').length)
})

// DEPLOY-7
test('alerts of Prometheus ask for metrics that there are', () => {
  const { groups } = yamlOf('deploy/prometheus/alerts.yaml') as {
    groups: { rules: { alert: string; expr: string; annotations: object; labels: object }[] }[]
  }
  const rules = groups.flatMap((g) => g.rules)
  for (const r of rules) {
    assert.deepEqual(unknownMetrics(r.expr), [], r.alert)
    for (const [, metric, matchers] of r.expr.matchAll(/\b(pando_\w+)\{(.*?)\}/g))
      for (const [, label] of matchers!.matchAll(/(\w+)\s*[=!]~?"/g)) assert.ok(hasLabel(metric!, label!), `${r.alert}: ${label}`)
    assert.equal(r.expr.split('(').length, r.expr.split(')').length, r.alert)
    assert.ok(r.annotations && r.labels, r.alert)
  }
  const page = textOf('docs/operations.md')
  for (const r of rules) assert.ok(page.includes(`\`${r.alert}\``), `${r.alert} is not in docs/operations.md`)
})

// DEPLOY-7
onEngine('elasticsearch', (server) =>
  test('a real server takes the index template, and lines by it', async () => {
    const name = `pando-test-${randomUUID().slice(0, 8)}`
    const stream = `logs-${name}`
    const ask = async (method: string, path: string, body?: unknown) => {
      const res = await fetch(`${server}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const said = await res.text()
      assert.ok(res.ok, `${method} ${path}: ${said}`)
      return JSON.parse(said)
    }
    const text = { ...JSON.parse(textOf('deploy/elk/index-template.json')), index_patterns: [`${stream}*`] }
    await ask('PUT', `/_index_template/${name}`, text)
    try {
      const line = { '@timestamp': new Date().toISOString(), message: 'call failed', code: 'unavailable', log: { level: 'warn' } }
      await ask('POST', `/${stream}/_doc?refresh=true`, line)
      const { hits } = await ask('POST', `/${stream}/_search`, { query: { term: { code: 'unavailable' } } })
      assert.equal(hits.hits.length, 1)
    } finally {
      await ask('DELETE', `/_data_stream/${stream}`)
      await ask('DELETE', `/_index_template/${name}`)
    }
  }),
)
