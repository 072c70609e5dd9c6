import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tlvType } from './tlv.ts'
import {
  FIRST_UNIVERSAL,
  type UniversalCall,
  universalCommand,
  universalCommands,
  universalEvent,
  universalEvents,
} from './universal.ts'

const line = (row: UniversalCall): string => {
  const params = row.types.map((type, i) => `${tlvType(type)!.name} ${row.names[i]}`)
  return [row.no, row.name, ...params].join(' ')
}

test('the universal numbers are those of the device protocol', () => {
  assert.deepEqual(universalCommands.map(line), [
    '65535 restart',
    '65534 event_acknowledged uint64 sequence',
    '65533 update_configuration string url',
    '65532 factory_reset',
    '65531 set_clock uint64 time',
    '65530 notify bytes schema bytes message',
    '65529 ota_upgrade string url bytes md5',
    '65528 report_status',
    '65527 download_file',
  ])
  assert.deepEqual(universalEvents.map(line), [
    '65535 online uint32 heartbeat',
    '65534 command_result uint64 sequence int32 result bytes text',
    '65533 fault uint16 type bytes text',
    '65532 offline',
  ])
})

test('all of them are in the range that belongs to the platform, and the short names mean rows', () => {
  for (const row of [...universalCommands, ...universalEvents]) assert.ok(row.no >= FIRST_UNIVERSAL && row.no <= 65535)
  assert.equal(universalCommands.find((row) => row.no === universalCommand.setClock)?.name, 'set_clock')
  assert.equal(universalCommands.find((row) => row.no === universalCommand.reportStatus)?.name, 'report_status')
  assert.deepEqual(
    universalEvents.map((row) => row.no),
    Object.values(universalEvent),
  )
})
