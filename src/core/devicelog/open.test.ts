import assert from 'node:assert/strict'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { fileLogOptions } from './file/open.ts'
import { deviceLogEngines, openDeviceLog } from './open.ts'
import type { DeviceLog } from './port.ts'

describe('choosing the device log', () => {
  let dataDir: string
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pando-open-'))
  })
  after(() => rm(dataDir, { recursive: true }))

  it('opens files in <data>/log by default', async () => {
    const log = await openDeviceLog('file:', { dataDir })
    await access(join(dataDir, 'log', '00000001.seg'))
    await log.close()
  })

  it('lists the possible schemes when it knows none: config_invalid', async () => {
    for (const [url, given] of [
      ['kafka://x', 'kafka:'],
      ['files', 'without a scheme'],
      ['', 'without a scheme'],
      ['nothing:', 'nothing:'],
    ] as const) {
      await assert.rejects(
        openDeviceLog(url, { dataDir }),
        (e) => isPandoError(e, 'config_invalid') && e.message.includes('file:') && e.message.includes(given),
      )
    }
  })

  it('takes engines from a table', async () => {
    const mine = { health: () => ({ state: 'ok', since: 1 }) } as DeviceLog
    const opened: string[] = []
    const open = async (url: string) => {
      opened.push(url)
      return mine
    }
    assert.equal(await openDeviceLog('mine://a', { dataDir }, { ...deviceLogEngines, mine: open }), mine)
    assert.deepEqual(opened, ['mine://a'])
  })

  it('reads folder and options of file:', () => {
    assert.deepEqual(fileLogOptions('file:', '/d'), { dir: '/d/log' })
    assert.deepEqual(fileLogOptions('file:other', '/d'), { dir: '/d/other' })
    assert.deepEqual(fileLogOptions('file:///a/b%20c', '/d'), { dir: '/a/b c' })
    assert.deepEqual(fileLogOptions('file:?segmentBytes=1048576', '/d'), { dir: '/d/log', segmentBytes: 1 << 20 })
    for (const url of ['file:?segmentBytes=7', 'file:?segmentBytes=x', 'file:?size=1']) {
      assert.throws(
        () => fileLogOptions(url, '/d'),
        (e) => isPandoError(e, 'config_invalid') && e.message.includes('segmentBytes'),
      )
    }
  })
})
