/** The Helm chart. PANDO_TEST_HELM names the program that renders it; without it only what stands in the files is looked at. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { settings } from '#src/config.ts'
import { documentsOf, expectCommand, root, textOf, unknownMetrics, wantedServices, yamlOf } from './files.ts'

const chart = 'deploy/helm/pando'
const templates = globSync(`${chart}/templates/*`, { cwd: root })
// biome-ignore lint/suspicious/noExplicitAny: values of a chart
const values = yamlOf(`${chart}/values.yaml`) as any

// DEPLOY-5
test('every value that a template reads is in values.yaml, and every one there has its comment', () => {
  const at = (path: string) => path.split('.').reduce<unknown>((v, key) => (v as Record<string, unknown>)?.[key], values)
  for (const file of templates)
    for (const [, path] of textOf(file).matchAll(/\.Values\.([\w.]+)/g)) assert.notEqual(at(path!), undefined, `${file}: ${path}`)
  const process = values.processes.core
  for (const [, name] of textOf(`${chart}/templates/processes.yaml`).matchAll(/\$p\.(\w+)/g)) assert.ok(name! in process, name)
  const lines = textOf(`${chart}/values.yaml`).split('\n')
  for (const key of Object.keys(values)) {
    const line = lines.findIndex((l) => l.startsWith(`${key}:`))
    assert.match(lines[line - 1]!, /^# /, key)
  }
  const running = Object.values(values.processes).flatMap((p) => (p as { services: string[] }).services)
  for (const name of wantedServices) assert.ok(running.includes(name), name)
  for (const { process: name } of Object.values(values.expose) as { process: string }[]) assert.ok(values.processes[name], name)
})

// DEPLOY-5
test('the ports that the chart names are those of the image, and each is found by its name', () => {
  const image = textOf('deploy/Containerfile')
  const text = textOf(`${chart}/templates/processes.yaml`)
  const ports = new Map([...text.matchAll(/\{ name: (\w+), containerPort: (\d+) \}/g)].map((m) => [m[1]!, m[2]!]))
  const exposed = /^EXPOSE (.*)$/m.exec(image)![1]!.split(' ')
  const rpc = /PANDO_RPC_LISTEN: '0\.0\.0\.0:(\d+)'/.exec(textOf(`${chart}/templates/settings.yaml`))![1]!
  assert.deepEqual([...ports.values()].toSorted(), [...exposed, rpc].toSorted())
  assert.equal(ports.get('rpc'), rpc)
  assert.match(text, new RegExp(`value: \\$\\(POD_IP\\):${rpc}$`, 'm'))
  for (const [, name] of text.matchAll(/\bport: (\w+) \}/g)) assert.ok(ports.has(name!), name)
  for (const [, name] of textOf(`${chart}/templates/podmonitor.yaml`).matchAll(/\bport: (\w+)/g))
    assert.ok(ports.has(name!), name)
  for (const [name, s] of Object.entries(values.expose) as [string, { port: number }][])
    assert.equal(ports.get(name), String(s.port), name)
})

const helm = process.env['PANDO_TEST_HELM']
const run = (...args: string[]) => execFileSync(helm!, args, { cwd: root, encoding: 'utf8' })

// DEPLOY-5
test(
  'the chart passes the linter, and makes what it promises',
  helm ? {} : { skip: 'no helm: PANDO_TEST_HELM is not set' },
  async () => {
    assert.match(run('lint', '--strict', chart), /0 chart\(s\) failed/)
    const more = [
      '--set',
      'tlsSecretName=tls,podMonitor.enabled=true,image.pullSecrets={x},settings.PANDO_MQTTACCESS_PUBLIC=iot:1883',
    ]
    const nodes = ['--set', 'nodeSelector.disk=ssd,tolerations[0].key=iot']
    for (const args of [[], [...more, ...nodes]]) {
      const made = documentsOf(run('template', 'cloud', chart, '--kube-version', '1.30.0', ...args))
      const of = (kind: string) => made.filter((d) => d.kind === kind)
      const deployments = of('Deployment')
      assert.equal(deployments.length, Object.keys(values.processes).length)
      for (const d of deployments) {
        const { spec } = d.spec.template
        const [c] = spec.containers
        await expectCommand(c.args)
        assert.ok(c.livenessProbe && c.readinessProbe && c.startupProbe)
        assert.deepEqual([c.securityContext.readOnlyRootFilesystem, spec.securityContext.runAsNonRoot], [true, true])
        for (const m of c.volumeMounts) assert.ok(spec.volumes.some((v: { name: string }) => v.name === m.name))
        const scaled = of('HorizontalPodAutoscaler').some((h) => h.spec.scaleTargetRef.name === d.metadata.name)
        assert.notEqual(scaled, d.spec.replicas !== undefined, `${d.metadata.name}: replicas or an autoscaler`)
      }
      assert.equal(of('PodDisruptionBudget').length, deployments.filter((d) => d.spec.strategy.type !== 'Recreate').length)
      const hpa = of('HorizontalPodAutoscaler').find((h) => h.metadata.name === 'cloud-mqttaccess')
      assert.deepEqual(
        hpa.spec.metrics.map((m: { type: string }) => m.type),
        ['Pods', 'Resource'],
      )
      assert.deepEqual(unknownMetrics(hpa.spec.metrics[0].pods.metric.name), [])
      for (const s of of('Service'))
        assert.ok(
          deployments.some(
            (d) =>
              d.spec.template.metadata.labels['app.kubernetes.io/component'] === s.spec.selector['app.kubernetes.io/component'],
          ),
        )
      const sticky = of('Service').filter((s) => s.spec.sessionAffinity === 'ClientIP')
      assert.deepEqual(new Set(sticky.map((s) => s.metadata.name)), new Set(['cloud-api', 'cloud-http']))
      const [config] = of('ConfigMap')
      const known = new Set<string>(Object.values(settings).map((s) => s.env))
      for (const name of Object.keys(config.data)) assert.ok(known.has(name), name)
      assert.equal(of('PodMonitor').length, args.length === 0 ? 0 : 1)
    }
  },
)
