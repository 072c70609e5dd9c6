import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { here, makePlace, type Place, pando, program, start } from '../testing.ts'

const places: Place[] = []
const place = (more?: Record<string, string>): Place => {
  const p = makePlace(more)
  places.push(p)
  return p
}
after(() => {
  for (const p of places) p.remove()
})

const dataOf = (p: Place): string => p.env['PANDO_DATA_DIR']!

/** A data directory that a cloud has used, and a backup of it. */
async function backedUp(...flags: string[]): Promise<{ from: Place; file: string }> {
  const from = place({ PANDO_LOG_LEVEL: 'silent' })
  const running = start(program('pando'), ['serve'], from)
  await running.line()
  await running.stop()
  writeFileSync(join(dataOf(from), 'disk-budget.json'), '{"historyMaxBytes":1000000000}')
  const file = join(from.dir, 'b.tar')
  const { code, stderr } = await here(from, ['backup', file, ...flags])
  assert.equal(code, 0, stderr)
  return { from, file }
}

describe('a backup of a data directory on which no cloud runs', () => {
  let made: Awaited<ReturnType<typeof backedUp>>
  before(async () => {
    made = await backedUp()
  })

  // BACKUP-1
  test('is one file for its owner only, that any tar reads; nothing else is left', () => {
    assert.equal(statSync(made.file).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(made.from.dir).sort(), ['b.tar', 'data'])
    for (const part of ['', 'log', 'history']) {
      assert.deepEqual(
        readdirSync(join(dataOf(made.from), part)).filter((n) => n.startsWith('frozen')),
        [],
      )
    }
    const names = [
      ...readFileSync(made.file)
        .toString('latin1')
        .matchAll(/([\w./-]+)\0+0000600\0/g),
    ].map((m) => m[1])
    for (const name of [
      'log/00000001.seg',
      'history/manifest',
      'registry/registry.db',
      'registry/registry.db-mark',
      'keys.json',
      'disk-budget.json',
      'manifest',
    ])
      assert.ok(names.includes(name), `${name} in ${names.join(' ')}`)
    assert.equal(names.at(-1), 'manifest')
  })

  // BACKUP-2
  test('a file that is there is left alone unless it is told otherwise', async () => {
    const again = await here(made.from, ['backup', made.file])
    assert.deepEqual([again.code, /b\.tar is there already; --force/.test(again.stderr)], [1, true])
    assert.equal((await here(made.from, ['backup', made.file, '--force'])).code, 0)
  })

  // BACKUP-5
  test('whatever bit is flipped: it is named, and nothing is put in place', async () => {
    const to = place({ PANDO_LOG_LEVEL: 'silent' })
    const whole = readFileSync(made.file)
    const bad = join(to.dir, 'bad.tar')
    const tried = async (b: Buffer, text: RegExp) => {
      writeFileSync(bad, b)
      const { code, stderr } = await here(to, ['restore', bad])
      assert.equal(code, 1)
      assert.match(stderr, text)
      assert.deepEqual(readdirSync(dataOf(to)), [])
    }
    const flipped = (at: number): Buffer => {
      const b = Buffer.from(whole)
      b[at]! ^= 1 << (at % 8)
      return b
    }
    await tried(
      flipped(whole.indexOf('SQLite format 3')),
      /bad\.tar is damaged at offset \d+: registry\/registry\.db is not as it was written/,
    )
    await tried(flipped(whole.indexOf('"masterKey"') + 20), /keys\.json is not as it was written/)
    await tried(Buffer.from('no backup at all'.repeat(100)), /no backup of Pando/)
    await tried(Buffer.from('{}'), /no backup of Pando/)
  })

  // BACKUP-6
  test('a folder that is not empty is refused; with --force what is there is moved aside', async () => {
    const to = place({ PANDO_LOG_LEVEL: 'silent' })
    assert.equal((await here(to, ['restore', made.file])).code, 0)
    const key = readFileSync(join(dataOf(to), 'keys.json'), 'utf8')
    const refused = await here(to, ['restore', made.file])
    assert.deepEqual([refused.code, /is not empty \(.*--force/.test(refused.stderr)], [1, true])
    rmSync(join(dataOf(to), 'keys.json'))
    const forced = await here(to, ['restore', made.file, '--force', '--json'])
    assert.equal(forced.code, 0, forced.stderr)
    const { aside, damage, keys } = JSON.parse(forced.stdout)
    assert.deepEqual([keys, damage, existsSync(join(aside, 'registry.db'))], ['inside', [], true])
    assert.equal(readFileSync(join(dataOf(to), 'keys.json'), 'utf8'), key)
    assert.match(readFileSync(join(dataOf(to), 'disk-budget.json'), 'utf8'), /1000000000/)
  })

  // BACKUP-7
  test('a restore that was killed: no cloud starts on half of it, and it is repeated', async () => {
    for (const ms of [0, 20, 60, 120]) {
      const to = place({ PANDO_LOG_LEVEL: 'silent' })
      const running = start(program('pando'), ['restore', made.file], to)
      for (let i = 0; !existsSync(join(dataOf(to), 'restoring')) && i < 2000; i++)
        await new Promise((done) => setTimeout(done, 5))
      await new Promise((done) => setTimeout(done, ms))
      await running.stop('SIGKILL')
      if (existsSync(join(dataOf(to), 'restoring'))) {
        const { code, stderr } = await here(to, ['pdcfg', 'vendor', 'list'])
        assert.deepEqual([code, /restore .* was broken off: repeat it/.test(stderr)], [1, true])
        assert.equal((await here(to, ['restore', made.file])).code, 0)
      }
      const listed = await here(to, ['user', 'list'])
      assert.match(listed.stdout, /1 +admin/, listed.stderr)
      assert.ok(!existsSync(join(dataOf(to), 'restoring')))
    }
  })
})

// BACKUP-3
test('without the keys it says so, and the cloud starts when they are put back', async () => {
  const { from, file } = await backedUp('--without-keys')
  const to = place({ PANDO_LOG_LEVEL: 'silent' })
  const { code, stderr } = await here(to, ['restore', file])
  assert.equal(code, 0)
  assert.match(stderr, /keys are not in this backup/)
  assert.match((await here(to, ['user', 'list'])).stderr, /keys\.json is missing/)
  copyFileSync(join(dataOf(from), 'keys.json'), join(dataOf(to), 'keys.json'))
  assert.match((await here(to, ['user', 'list'])).stdout, /1 +admin/)
})

// BACKUP-2
test('by stdout and stdin', async () => {
  const { from } = await backedUp()
  const to = place({ PANDO_LOG_LEVEL: 'silent' })
  const line = `'${program('pando')}' backup - | PANDO_DATA_DIR='${dataOf(to)}' '${program('pando')}' restore -`
  const { code, stderr } = await start('/bin/sh', ['-c', line], { env: from.env, input: '' }).ended
  assert.equal(code, 0, stderr)
  assert.equal(readFileSync(join(dataOf(to), 'keys.json'), 'utf8'), readFileSync(join(dataOf(from), 'keys.json'), 'utf8'))
})

test('what cannot be is told', async () => {
  const p = place({ PANDO_LOG_LEVEL: 'silent' })
  const told = async (args: string[], code: number, text: RegExp) => {
    const r = await here(p, args)
    assert.equal(r.code, code, r.stderr)
    assert.match(r.stderr, text)
  }
  await told(['backup', join(p.dir, 'x.tar')], 1, /there is no data in .*PANDO_DATA_DIR/)
  await told(['backup', join(p.dir, 'no', 'x.tar')], 1, /there is no folder .*no/)
  await told(['backup', '-', '--json'], 2, /--json has no place/)
  await told(['restore', join(p.dir, 'missing.tar')], 1, /missing\.tar: there is no such file/)
  await told(['restore', p.dir], 1, /is a folder/)
  await told(['backup', p.dir, '--force'], 1, /is a folder: name the file/)
  assert.ok(!existsSync(dataOf(p)))
})

// BACKUP-6
test('a data directory that a cloud runs on is not restored into', async () => {
  const { file } = await backedUp()
  const p = place()
  const running = start(program('pando'), ['serve'], p)
  await running.line()
  const { code, stderr } = await pando(p, ['restore', file, '--force'])
  await running.stop()
  assert.deepEqual([code, /a cloud runs on .*stop it first/.test(stderr)], [1, true])
})
