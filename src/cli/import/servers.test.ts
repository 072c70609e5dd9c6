/** An old installation on its servers, into a cloud on servers. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { startCloud } from '#src/cloud.ts'
import { ownDatabase } from '../../../test/support/databases.ts'
import { onEngine } from '../../../test/support/engines.ts'
import { devices, documents, fillMongo, fillMysql, fillRedis, oldAesKey, tokens } from '../../../test/support/oldcloud.ts'
import { here, makePlace } from '../testing.ts'

/** Of Redis: nobody else's in the tests. */
const REDIS_DATABASE = 11

const withAll = (tests: (mysql: string, redis: string, mongodb: string) => void) =>
  onEngine('mysql', (mysql) => onEngine('redis', (redis) => onEngine('mongodb', (mongodb) => tests(mysql, redis, mongodb))))

// IMP-1, IMP-5
withAll((mysql, redis, mongodb) => {
  const ends: (() => Promise<unknown>)[] = []
  after(async () => {
    for (const end of ends.toReversed()) await end()
  })
  async function mongo(): Promise<string> {
    const url = `${mongodb}/pando-test-${randomUUID().slice(0, 8)}`
    ends.push(async () => {
      const client = new MongoClient(url)
      await client.db().dropDatabase()
      await client.close()
    })
    return url
  }
  async function database(): Promise<string> {
    const { url, drop } = await ownDatabase(mysql)
    ends.push(drop)
    return url
  }

  test('an old installation on its servers, into a cloud on MySQL, MongoDB and Redis', async () => {
    const old = { mysql: await database(), mongo: await mongo(), redis: `${redis}/${REDIS_DATABASE}` }
    await fillMysql(old.mysql)
    await fillMongo(old.mongo)
    ends.push(await fillRedis(old.redis))
    const home = await mongo()
    const place = makePlace({
      PANDO_LOG_LEVEL: 'silent',
      PANDO_AES_KEY: oldAesKey,
      PANDO_MASTER_KEY: randomUUID(),
      PANDO_REGISTRY_URL: await database(),
      PANDO_DEVICELOG_URL: home,
      PANDO_HISTORY_URL: home,
      PANDO_PRESENCE_URL: `${redis}?prefix=${encodeURIComponent(`{${randomUUID()}}:`)}`,
    })
    ends.push(async () => place.remove())
    const args = ['--mysql', old.mysql, '--mongo', old.mongo, '--redis', old.redis, '--json']
    for (const time of ['first', 'second']) {
      const { code, stdout, stderr } = await here(place, ['import', ...args])
      assert.equal(code, 0, stderr)
      const { tables, proved } = JSON.parse(stdout) as { tables: Record<string, unknown>[]; proved: boolean }
      const done = (t: string) => tables.find((x) => x['table'] === t)?.[time === 'first' ? 'moved' : 'there']
      assert.deepEqual([done('vendor'), done('device'), done('token'), proved], [3, devices.length, tokens.size, true])
      if (time === 'first') assert.deepEqual([done('datas'), done('events')], [5, 5])
    }
    const cloud = await startCloud({ env: place.env })
    try {
      const { registry, controller } = cloud.peers
      const row = devices.at(-1)!
      assert.equal((await registry.login({ deviceId: row.id, secret: row.device_secret })).device.id, row.id)
      const items = [...tokens].filter(([id]) => id !== row.id).map(([deviceId, token]) => ({ deviceId, token }))
      for (const v of (await registry.checkTokens({ items })).items) assert.equal(v.refused, undefined)
      const told = (await controller.records({ deviceId: 38, kinds: ['status', 'event'] })).items
      assert.equal(told.length, documents.filter((d) => String(d.document['deviceid']) === '38').length)
      assert.deepEqual(JSON.parse((await controller.latest({ deviceId: 38 })).json).light, [1, 500])
    } finally {
      await cloud.stop()
    }
  })
})
