import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { manager, request, token } from '../../../test/support/devicemanager.ts'

test('a device with its token comes in and can be found, until it goes', async () => {
  const m = await manager()
  m.addNode('n1')
  const [verdict] = await m.connect('n1', 7)
  assert.equal(verdict?.device?.id, 7)
  assert.equal(verdict?.epoch, m.clock.now())
  const { items } = await m.face.routes({ devices: [8, 7] })
  assert.deepEqual(items, [
    { device: 7, node: 'n1', epoch: verdict!.epoch, protocol: 'mqtt', address: '10.0.0.1:5000', since: m.clock.now() },
  ])
  assert.deepEqual(await m.face.online({}), { count: 1 })
  await m.face.disconnected({ items: [{ device: 7, epoch: verdict!.epoch! - 1 }] })
  assert.deepEqual(await m.face.online({}), { count: 1 }, 'the end of an older session changes nothing')
  await m.face.disconnected({ items: [{ device: 7, epoch: verdict!.epoch! }] })
  assert.deepEqual(await m.face.online({}), { count: 0 })
})

test('S-03 a wrong token, an unknown device: refused with the cause, others of the batch come in', async () => {
  const m = await manager()
  const { items } = await m.face.connect({
    node: 'n1',
    items: [request(1), request(2, { token: token(1) }), request(5000), request(3)],
  })
  assert.deepEqual(
    items.map((v) => v.refused ?? v.device?.id),
    [1, 'token_unknown', 'device_unknown', 3],
  )
  assert.equal(m.registry.calls, 1)
})

test('S-09 ids that are none are refused, at login without asking the registry', async () => {
  const m = await manager()
  for (const id of [0, -1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    const { items } = await m.face.connect({ node: 'n1', items: [request(id, { token: token(1) })] })
    assert.ok(items[0]!.refused, String(id))
    const before = m.registry.calls
    await assert.rejects(m.face.login({ deviceId: id, secret: 'secret' }), (e) => isPandoError(e, 'device_unknown'))
    assert.equal(m.registry.calls, before)
  }
  assert.equal((await m.face.login({ deviceId: 5, secret: 'secret' })).token, token(5))
})

// MQTT-13
test('takeover: the old session is closed and drained before the new one is answered', async () => {
  const m = await manager()
  const old = m.addNode('n1')
  m.addNode('n2')
  const [first] = await m.connect('n1', 7)
  let drained = () => {}
  old.onClose = () => new Promise((done) => (drained = done))
  let answered = false
  const second = m.connect('n2', 7).then((v) => {
    answered = true
    return v
  })
  while (old.closed.length === 0) await turn()
  await turn()
  assert.equal(answered, false)
  assert.deepEqual(old.closed, [{ device: 7, epoch: first!.epoch, cause: 'taken_over' }])
  drained()
  assert.ok((await second)[0]!.epoch! > first!.epoch!)
  assert.equal((await m.face.routes({ devices: [7] })).items[0]!.node, 'n2')
})

// MQTT-13
test('takeover: a node that is unknown, fails or hangs counts as lost, its stream is sealed; a batch waits for it at most once', async () => {
  const m = await manager()
  const node = m.addNode('n1')
  m.addNode('n2')
  await m.face.alive({ node: 'gone', stream: 7 })
  await m.face.alive({ node: 'n1', stream: 8 })
  await m.connect('gone', 1)
  assert.ok((await m.connect('n2', 1))[0]!.device)
  assert.deepEqual(m.lost.splice(0), [{ node: 'gone', stream: 7, sessions: [] }])
  await m.connect('n1', 2, 3)
  node.onClose = () => new Promise(() => {})
  node.answers = false
  const second = m.connect('n2', 2)
  while (node.closed.length === 0) await turn()
  m.clock.advance(5000)
  assert.ok((await second)[0]!.device)
  await m.connect('n1', 3)
  assert.ok((await m.connect('n2', 3))[0]!.device, 'not waited for again')
  assert.deepEqual(m.lost, [{ node: 'n1', stream: 8, sessions: [] }])
  // it has begun a new stream, which it says with the device that comes in: it lives
  const [third] = (await m.face.connect({ node: 'n1', stream: 9, items: [request(3)] })).items
  node.onClose = async () => {}
  await m.connect('n2', 3)
  assert.equal(node.closed.at(-1)!.epoch, third!.epoch)
  assert.equal(m.lost.length, 1)
})

// MQTT-13
test('takeover: of a device whose node is dead, whether that is known yet or not, the stream is sealed before it is let in elsewhere', async () => {
  const m = await manager()
  m.addNode('n2')
  await m.face.alive({ node: 'dead', stream: 7 })
  await m.connect('dead', 1, 2)
  const asked: (() => void)[] = []
  m.onLost = () => new Promise((done) => asked.push(done))
  for (let s = 0; s < 6; s++) m.clock.advance(1000)
  while (asked.length === 0) await turn()
  assert.deepEqual(await m.face.routes({ devices: [1, 2] }), { items: [] })
  let answered = false
  const second = m.connect('n2', 1).finally(() => (answered = true))
  while (asked.length < 2) await turn()
  await turn()
  assert.equal(answered, false)
  for (const done of asked) done()
  assert.ok((await second)[0]!.device)
  for (let i = 0; i < 5; i++) await turn()
  assert.deepEqual(
    m.lost.map((l) => [l.stream, l.sessions.length]),
    [
      [7, 0],
      [7, 0],
      [undefined, 1],
    ],
  )
  await m.stop()
})

// MQTT-13
test('takeover: while the log cannot seal the stream of a lost node, its devices are not let in elsewhere', async () => {
  const m = await manager()
  m.addNode('n2')
  await m.face.alive({ node: 'gone', stream: 7 })
  await m.connect('gone', 1)
  m.onLost = () => Promise.reject(new PandoError('log_unavailable', 'away'))
  const refused = (verdicts: { refused?: string }[]) => verdicts.map((v) => v.refused ?? 'in')
  assert.deepEqual(refused(await m.connect('n2', 1, 2)), ['server_busy', 'in'], 'others come in')
  m.onLost = async () => {}
  assert.deepEqual(refused(await m.connect('n2', 1)), ['in'])
  assert.deepEqual(
    m.lost.map((l) => l.stream),
    [7, 7],
    'who comes again finds the session that could not be ended',
  )
})

// MQTT-13
test('takeover: a node that answers but does not get done keeps its sessions, for half a minute; its devices must wait', async () => {
  const m = await manager()
  const node = m.addNode('n1')
  m.addNode('n2')
  await m.face.alive({ node: 'n1', stream: 8 })
  await m.connect('n1', 1)
  node.onClose = () => new Promise(() => {})
  const come = async (): Promise<string> => {
    const before = node.closed.length
    const coming = m.connect('n2', 1)
    for (let i = 0; i < 20 && node.closed.length === before; i++) await turn()
    m.clock.advance(5000)
    const [verdict] = await coming
    return verdict!.refused ?? 'in'
  }
  assert.equal(await come(), 'server_busy')
  assert.equal(m.lost.length, 0)
  for (let s = 0; s < 12 && m.lost.length === 0; s++) {
    await m.face.alive({ node: 'n1', stream: 8 })
    await come()
  }
  assert.deepEqual(
    m.lost.map((l) => l.stream),
    [8],
    'it counts as lost at last',
  )
  assert.equal(await come(), 'in')
  node.onClose = async () => {}
  await m.stop()
})

test('two connects of a device in one batch leave exactly one, the last', async () => {
  const m = await manager()
  const node = m.addNode('n1')
  const verdicts = await m.connect('n1', 7, 8, 7, 7)
  assert.deepEqual(
    verdicts.map((v) => v.refused ?? 'in'),
    ['taken_over', 'in', 'taken_over', 'in'],
  )
  assert.deepEqual(node.closed, [], 'nobody had come in')
  assert.equal((await m.face.routes({ devices: [7] })).items[0]!.epoch, verdicts[3]!.epoch)
  assert.deepEqual(await m.face.online({}), { count: 2 })
})

test('connects of a device at the same time leave exactly one, and all wait for the session before', async () => {
  const m = await manager()
  const old = m.addNode('old')
  m.addNode('n1')
  m.addNode('n2')
  await m.connect('old', 7)
  let drained = () => {}
  old.onClose = () => new Promise((done) => (drained = done))
  let answers = 0
  const both = ['n1', 'n2', 'n1'].map((n) => m.connect(n, 7).finally(() => answers++))
  while (old.closed.length === 0) await turn()
  await turn()
  assert.equal(answers, 0)
  drained()
  const verdicts = (await Promise.all(both)).map((v) => v[0]!)
  const inside = verdicts.filter((v) => v.device)
  assert.equal(inside.length, 1)
  assert.deepEqual(
    verdicts.filter((v) => !v.device).map((v) => v.refused),
    ['taken_over', 'taken_over'],
  )
  assert.equal((await m.face.routes({ devices: [7] })).items[0]!.epoch, inside[0]!.epoch)
  assert.equal(old.closed.length, 1)
})

test('F-13 epochs of a device grow, also within a ms and when the clock is set back', async () => {
  const m = await manager()
  m.addNode('n1')
  const epochs: number[] = []
  const again = async () => epochs.push((await m.connect('n1', 7))[0]!.epoch!)
  await again()
  await again()
  m.clock.advance(1)
  await again()
  m.clock.set(m.clock.now() - 3_600_000)
  await again()
  await again()
  m.clock.set(m.clock.now() + 7_200_000)
  await again()
  assert.deepEqual(
    epochs,
    [...new Set(epochs)].sort((a, b) => a - b),
  )
})

test('a route with a greater epoch, made where the clock is ahead, is still replaced by a greater one', async () => {
  const m = await manager()
  const ahead = m.addNode('ahead')
  m.addNode('n1')
  const epoch = m.clock.now() + 60_000
  await m.face.alive({ node: 'ahead' })
  await m.presence.claim([{ device: 7, node: 'ahead', epoch, protocol: 'mqtt', address: 'a:1', since: 0 }])
  const [verdict] = await m.connect('n1', 7)
  assert.ok(verdict!.epoch! > epoch)
  assert.deepEqual(ahead.closed, [{ device: 7, epoch, cause: 'taken_over' }])
  assert.equal((await m.face.routes({ devices: [7] })).items[0]!.epoch, verdict!.epoch)
})

// TOK-3
test('S-03 a removed device, a revoked token: the live session is ended at once, with its cause', async () => {
  const m = await manager()
  const node = m.addNode('n1')
  const [a, b] = await m.connect('n1', 1, 2, 3)
  m.queue.ring('registry', { what: 'device', id: 1, change: 'removed' })
  m.queue.ring('registry', { what: 'token', id: 2, change: 'revoked' })
  m.queue.ring('registry', { what: 'device', id: 3, change: 'changed' })
  m.queue.ring('registry', { what: 'device', id: 99, change: 'removed' })
  await turn()
  assert.deepEqual(node.closed, [
    { device: 1, epoch: a!.epoch, cause: 'device_removed' },
    { device: 2, epoch: b!.epoch, cause: 'token_revoked' },
  ])
})

test('S-03 ending a session is tried again when the node fails, within a second', async () => {
  const m = await manager()
  const node = m.addNode('n1')
  await m.connect('n1', 1)
  node.onClose = async () => {
    throw new Error('network')
  }
  m.queue.ring('registry', { what: 'token', id: 1, change: 'revoked' })
  await turn()
  node.onClose = async () => {}
  for (let ms = 0; ms < 1000; ms += 100) {
    m.clock.advance(100)
    await turn()
  }
  assert.equal(node.closed.length, 2)
})

test('S-03 a token revoked while the connect is being decided lets nobody in', async () => {
  const m = await manager()
  m.addNode('n1')
  const connecting = m.connect('n1', 1, 2)
  m.queue.ring('registry', { what: 'token', id: 1, change: 'revoked' })
  m.queue.ring('registry', { what: 'device', id: 2, change: 'removed' })
  assert.deepEqual(await connecting, [{ refused: 'token_unknown' }, { refused: 'device_unknown' }])
  assert.deepEqual(await m.face.online({}), { count: 0 })
})

test('a node that falls silent loses its routes after its lease of 5 s; alive keeps them', async () => {
  const m = await manager()
  m.addNode('n1')
  await m.connect('n1', 1)
  await m.connect('n2', 2)
  for (let s = 0; s < 10; s += 2) {
    m.clock.advance(2000)
    await m.face.alive({ node: 'n1' })
  }
  assert.deepEqual(
    (await m.face.routes({ devices: [1, 2] })).items.map((r) => r.device),
    [1],
  )
  await m.stop()
})

// CLU-6
test('the controller is told of a node that died, with its stream and the devices that nobody took over; not of one that answers', async () => {
  const m = await manager()
  m.addNode('slow')
  for (const [node, stream] of [
    ['dead', 7],
    ['slow', 8],
  ] as const)
    await m.face.alive({ node, stream })
  const [one] = await m.connect('dead', 1, 2)
  await m.connect('slow', 2, 3)
  for (let s = 0; s < 6; s++) m.clock.advance(1000)
  await turn()
  for (let i = 0; i < 5; i++) await turn()
  // sealed at the takeover too
  assert.deepEqual(m.lost, [
    { node: 'dead', stream: 7, sessions: [] },
    { node: 'dead', stream: 7, sessions: [] },
    { node: 'dead', sessions: [{ device: 1, epoch: one!.epoch }] },
  ])
  await m.stop()
})

test('tokens of devices that stay connected are kept alive, also of those that a node says it holds', async () => {
  const m = await manager()
  m.addNode('n1')
  const [one] = await m.connect('n1', 1, 2)
  await m.face.disconnected({ items: [{ device: 1, epoch: one!.epoch! }] })
  const items = [2, 3].map((device) => ({ device, epoch: 1, protocol: 'mqtt', address: 'a:1' }))
  for (let h = 0; h < 12; h++) {
    m.clock.advance(3_600_000 - 2000)
    // its lease has run out meanwhile, so it says what it holds
    assert.deepEqual(await m.face.alive({ node: 'n1' }), { announce: true })
    await m.face.announce({ node: 'n1', items, last: true })
    m.clock.advance(2000)
    await turn()
  }
  assert.deepEqual(m.registry.touched.flat().sort(), [2, 3])
  await m.stop()
})

// ENG-16
test('a node announces its sessions again after its lease ran out, and loses those that others have replaced', async () => {
  const m = await manager()
  m.addNode('n1')
  m.addNode('n2')
  const [one, two] = await m.connect('n1', 1, 2)
  const items = [one, two].map((v, i) => ({ device: i + 1, epoch: v!.epoch!, protocol: 'mqtt', address: 'a:1' }))
  await m.face.announce({ node: 'n1', items, last: true })
  assert.deepEqual(await m.face.alive({ node: 'n1' }), {})
  for (let s = 0; s < 6; s++) m.clock.advance(1000)
  await turn()
  assert.deepEqual(await m.face.online({}), { count: 0 })
  const [elsewhere] = await m.connect('n2', 2)
  assert.deepEqual(await m.face.alive({ node: 'n1' }), { announce: true })
  assert.deepEqual(await m.face.announce({ node: 'n1', items: items.slice(0, 1), last: false }), { replaced: [] })
  assert.deepEqual(await m.face.alive({ node: 'n1' }), { announce: true }, 'those were not all')
  const { replaced } = await m.face.announce({ node: 'n1', items: items.slice(1), last: true })
  assert.deepEqual(replaced, [{ device: 2, epoch: two!.epoch }])
  assert.deepEqual(await m.face.alive({ node: 'n1' }), {})
  const { items: routes } = await m.face.routes({ devices: [1, 2] })
  assert.deepEqual(
    routes.map((r) => [r.node, r.epoch]),
    [
      ['n1', one!.epoch],
      ['n2', elsewhere!.epoch],
    ],
  )
  await m.stop()
})

test('tokens with a short life are touched well within it', async () => {
  const m = await manager({ tokenLife: 60_000 })
  m.addNode('n1')
  await m.connect('n1', 1)
  for (let s = 0; s < 40; s += 2) {
    m.clock.advance(2000)
    await m.face.alive({ node: 'n1' })
  }
  await turn()
  assert.deepEqual(m.registry.touched.flat(), [1, 1])
})
