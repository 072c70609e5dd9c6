/** The OpenAPI document is complete and right: by a linter that others wrote and by checks of our own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Compile } from 'typebox/schema'
import { adminRoutes } from '#contracts/admin/routes.ts'
import { permissions } from '#contracts/registry.ts'
import { inlined } from './checked.ts'
import { doorOfFile } from './door.ts'
import { operationsOf } from './requests.ts'

const { door } = await doorOfFile()
const { doc } = door
const all = operationsOf(doc)

// ADM-18
test('a linter that others wrote finds nothing', async () => {
  const rules = {
    // `dry-runs` is no id, which is a number
    'no-ambiguous-paths': 'off' as const,
  }
  const config = await createConfig({ extends: ['recommended-strict'], rules })
  const problems = await lintFromString({ source: JSON.stringify(doc), absoluteRef: '/openapi.json', config })
  assert.deepEqual(
    problems.map((p) => `${p.ruleId} ${p.location[0]?.pointer}: ${p.message}`),
    [],
  )
})

const none = (found: string[]) => assert.deepEqual(found, [])

// ADM-18
test('each route is in the document, under a name of its own', () => {
  assert.equal(doc.openapi, '3.1.0')
  assert.equal(all.length, Object.keys(adminRoutes).length)
  const ids = all.map((o) => o.operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  none(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id)))
  none(
    all
      .filter(({ operation: o }) => !o.summary || o.summary.endsWith('.') || o.tags.length !== 1)
      .map((o) => o.operation.operationId),
  )
})

test('each name in a path is a parameter, and each parameter of the path is in it', () => {
  for (const { template, operation } of all) {
    const named = [...template.matchAll(/\{(\w+)\}/g)].map((m) => m[1])
    const params = operation.parameters.filter((p) => p.in === 'path')
    assert.deepEqual(
      params.map((p) => p.name),
      named,
      operation.operationId,
    )
    none(params.filter((p) => !p.required).map((p) => `${operation.operationId} ${p.name}`))
    const names = operation.parameters.map((p) => `${p.in} ${p.name}`)
    assert.equal(new Set(names).size, names.length, operation.operationId)
  }
})

// ADM-18
test('each answer has a schema that can be checked; errors are problems; what takes signing in says so', () => {
  for (const { method, operation } of all) {
    const name = operation.operationId
    const statuses = Object.keys(operation.responses)
    const good = statuses.filter((s) => s.startsWith('2'))
    assert.equal(good.length, 1, name)
    const { content } = operation.responses[good[0]!]!
    assert.equal(content === undefined, good[0] === '204', name)
    for (const s of statuses.filter((x) => !x.startsWith('2')))
      assert.ok(operation.responses[s]!.content?.['application/problem+json'], `${name} ${s}`)
    for (const media of Object.values(content ?? {})) Compile(media.schema as never)
    const open = operation['x-permission'] === 'nobody'
    assert.equal(statuses.includes('401'), !open || name === 'signIn', name)
    assert.equal(operation.security?.length === 0, open, name)
    if (operation.requestBody) assert.ok(statuses.includes('413'), name)
    if (method !== 'GET' && operation['x-audit'] === undefined)
      none(READS.has(name) ? [] : [`${name} writes without an audit entry`])
  }
})

/** POST that only reads. */
const READS = new Set(['checkDraft', 'decodeFrame', 'openView', 'verifyWebhook', 'checkRule', 'startDryRun'])

test('objects of answers name all that is in them, unless they are maps', () => {
  const loose: string[] = []
  const walk = (v: unknown, at: string): void => {
    if (Array.isArray(v)) for (const [i, x] of v.entries()) walk(x, `${at}/${i}`)
    else if (typeof v === 'object' && v !== null) {
      const o = v as Record<string, unknown>
      if (o['type'] === 'object' && o['additionalProperties'] !== false && !o['patternProperties']) loose.push(at)
      for (const [k, x] of Object.entries(o)) walk(x, `${at}/${k}`)
    }
  }
  walk(doc.components.schemas, '')
  for (const { operation } of all) walk(operation.responses, operation.operationId)
  none(loose)
})

test('components are used, and references lead to components', () => {
  const text = JSON.stringify(doc)
  none(Object.keys(doc.components.schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`)))
  assert.ok(inlined(doc, doc.paths))
})

test('permissions that routes take exist, and each that exists is taken or named as without a route yet', () => {
  const taken = new Set(all.map((o) => o.operation['x-permission']))
  none([...taken].filter((p) => !['nobody', 'anybody'].includes(p) && !(permissions as readonly string[]).includes(p)))
})
