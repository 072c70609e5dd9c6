import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { readConfig } from '#src/config.ts'
import { builtFrom } from '../package/sources.ts'
import { expectCommand, root, textOf, wantedServices, yamlOf } from './files.ts'

const Texts = Type.Array(Type.String())
const strict = { additionalProperties: false } as const
/** Of the published schema of compose files, what ours may say. */
const Service = Type.Object(
  {
    image: Type.String(),
    build: Type.Optional(Type.Object({ context: Type.String(), dockerfile: Type.String() }, strict)),
    command: Type.Optional(Texts),
    environment: Type.Optional(Type.Record(Type.String(), Type.String())),
    volumes: Type.Optional(Texts),
    tmpfs: Type.Optional(Texts),
    ports: Type.Optional(Texts),
    profiles: Type.Optional(Texts),
    read_only: Type.Optional(Type.Boolean()),
    cap_drop: Type.Optional(Texts),
    security_opt: Type.Optional(Texts),
    restart: Type.Optional(Type.Union([Type.Literal('unless-stopped'), Type.Literal('always'), Type.Literal('no')])),
    stop_grace_period: Type.Optional(Type.String({ pattern: '^\\d+s$' })),
    ulimits: Type.Optional(Type.Object({ nofile: Type.Integer() }, strict)),
    depends_on: Type.Optional(
      Type.Union([
        Texts,
        Type.Record(
          Type.String(),
          Type.Object({ condition: Type.Union([Type.Literal('service_healthy'), Type.Literal('service_started')]) }, strict),
        ),
      ]),
    ),
    healthcheck: Type.Optional(
      Type.Object({ test: Texts, interval: Type.String(), timeout: Type.String(), retries: Type.Integer() }, strict),
    ),
  },
  strict,
)
const Compose = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]*$' }),
  services: Type.Record(Type.String(), Service),
  volumes: Type.Record(Type.String(), Type.Null()),
})

const file = yamlOf('deploy/compose.yaml') as Static<typeof Compose>
const ours = Object.entries(file.services).filter(([, s]) => s.image === 'pando')

// DEPLOY-3
test('the compose file says what the schema of compose files allows, and names nothing that is not in it', () => {
  assert.deepEqual(
    Value.Errors(Compose, file).map((e) => `${e.instancePath} ${e.message}`),
    [],
  )
  for (const [name, s] of Object.entries(file.services)) {
    const needs = Array.isArray(s.depends_on) ? s.depends_on : Object.keys(s.depends_on ?? {})
    for (const n of needs) {
      assert.ok(file.services[n], `${name} needs ${n}`)
      const healthy = !Array.isArray(s.depends_on) && s.depends_on![n]!.condition === 'service_healthy'
      if (healthy) assert.ok(file.services[n]!.healthcheck, `${n} has no health check`)
    }
    for (const v of s.volumes ?? []) assert.ok(Object.hasOwn(file.volumes, v.split(':')[0]!), `${name}: ${v}`)
  }
})

// DEPLOY-3
test('every service runs in it, with settings that fit one another, on engines that are in it', async () => {
  const secrets = {
    PANDO_CLUSTER_SECRET: 's'.repeat(40),
    PANDO_AES_KEY: 'k'.repeat(32),
    PANDO_MASTER_KEY: 'm'.repeat(48),
    DATABASE_PASSWORD: 'p',
  }
  const filled = (v: string) =>
    v.replace(
      /\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g,
      (_, name: string, other?: string) => (secrets as Record<string, string>)[name] ?? other ?? '',
    )
  const running: string[] = []
  for (const [name, s] of ours) {
    await expectCommand(s.command!)
    running.push(...s.command!.slice(1))
    const env = Object.fromEntries(Object.entries(s.environment!).map(([k, v]) => [k, filled(v)]))
    const { config } = readConfig(env)
    assert.equal(config.rpcPublic, `${name}:${config.rpcListen.port}`)
    for (const url of [
      config.registryUrl,
      config.devicelogUrl,
      config.historyUrl,
      config.presenceUrl,
      config.queueUrl,
      config.discoveryUrl,
      config.logUrl,
    ]) {
      const host = /^\w+:\/\/(?:[^@/]*@)?([\w-]+)/.exec(url)?.[1]
      assert.ok(file.services[host ?? ''], `${name}: ${url}`)
    }
    assert.deepEqual([s.read_only, s.cap_drop], [true, ['ALL']])
    const writes = [...(s.volumes ?? []), ...(s.tmpfs ?? [])].some((v) => /(^|:)\/data/.test(v))
    assert.ok(writes, `${name} can write nowhere`)
  }
  assert.equal(new Set(running).size, running.length)
  for (const name of wantedServices) assert.ok(running.includes(name), name)
})

// DEPLOY-3
test('what compose and the image publish is what the services in it listen on', () => {
  const text = textOf('deploy/Containerfile').replaceAll('\\\n', ' ')
  const set = Object.fromEntries([...text.matchAll(/\b(PANDO_\w+)=(\S+)/g)].map((m) => [m[1]!, m[2]!]))
  const { config } = readConfig(set)
  const listens: Record<string, { host: string; port: number }> = {
    httpaccess: config.httpaccessListen,
    mqttaccess: config.mqttaccessListen,
    apiprovider: config.apiproviderListen,
    ops: config.opsListen!,
  }
  for (const [name, at] of Object.entries(listens)) assert.equal(at.host, '0.0.0.0', name)
  const exposed = /^EXPOSE (.*)$/m.exec(text)![1]!.split(' ').map(Number)
  assert.deepEqual(
    exposed,
    Object.values(listens).map((at) => at.port),
  )
  assert.ok(text.includes(`http://127.0.0.1:${listens['ops']!.port}/healthz`))
  for (const [name, s] of ours)
    for (const p of s.ports ?? []) {
      const inside = Number(p.split(':').at(-1))
      const here = s.command!.slice(1).flatMap((service) => listens[service]?.port ?? [])
      assert.ok(here.includes(inside), `${name}: ${p}`)
    }
})

// DEPLOY-3
test('the secrets are made once, for their owner only, and handed to compose', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pando-up-'))
  try {
    const env = join(dir, '.env')
    const up = (...args: string[]) =>
      execFileSync('/bin/sh', [`${root}/deploy/up`, ...args], {
        env: { PATH: process.env['PATH'], COMPOSE: 'echo', COMPOSE_ENV: env },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    assert.equal(up('-d').trim(), `--env-file ${env} -f ${root}/deploy/compose.yaml up --build -d`)
    const first = readFileSync(env, 'utf8')
    const made = Object.fromEntries(
      first
        .trim()
        .split('\n')
        .map((l) => l.split('=') as [string, string]),
    )
    const { DATABASE_PASSWORD, ...settings } = made
    assert.match(DATABASE_PASSWORD!, /^\w{32}$/)
    readConfig(settings)
    for (const name of textOf('deploy/compose.yaml').matchAll(/\$\{(\w+):\?/g)) assert.ok(made[name[1]!], name[1])
    assert.equal(statSync(env).mode & 0o077, 0)
    up()
    assert.equal(readFileSync(env, 'utf8'), first)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

// DEPLOY-4
test('the image is made of files that are there, and its health check tells well from ill', async () => {
  const text = textOf('deploy/Containerfile').replaceAll('\\\n', ' ')
  const sources = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((m) => m[1]!.split(' '))
  const let_in = textOf('deploy/Containerfile.dockerignore').split('\n')
  for (const s of sources) {
    assert.ok(existsSync(`${root}/${s}`), s)
    assert.ok(let_in.includes(`!${s}`), `${s} is not let in`)
  }
  const [build] = text.split(/^FROM /m).filter((stage) => stage.includes('node build.ts'))
  const copied = [...build!.matchAll(/^COPY (.+) \S+$/gm)].flatMap((m) => m[1]!.split(' '))
  for (const name of builtFrom) assert.ok(copied.includes(name), `${name} is built from, and is not there`)
  assert.match(text, /^USER 10001:10001$/m)
  await expectCommand(JSON.parse(/^CMD (\[.*\])$/m.exec(text)![1]!))
  const check = JSON.parse(/^HEALTHCHECK .*? CMD (\[.*\])$/m.exec(text)![1]!) as string[]
  const { createServer } = await import('node:http')
  let status = 200
  const server = createServer((_, res) => void res.writeHead(status).end())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  const { spawn } = await import('node:child_process')
  const code = () =>
    new Promise((done) =>
      spawn(
        process.execPath,
        check.slice(1).map((w) => w.replace(':9090', `:${port}`)),
      ).on('exit', done),
    )
  try {
    assert.equal(await code(), 0)
    status = 503
    assert.equal(await code(), 1)
    await new Promise((done) => server.close(done))
    assert.equal(await code(), 1)
  } finally {
    server.close()
  }
})
