import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { until } from '../test/world/wait.ts'
import { askListed } from './listed.ts'

// CLU-9
test('which node is at which address of a fixed list is asked again and again', async () => {
  const nodes = new Map([
    ['http://a', ['one']],
    ['http://b', ['two']],
  ])
  const instance = (address: string, id = address) => ({ service: 'mqttaccess', id, address, version: '' })
  const asked: string[] = []
  const listed = askListed(
    () => [instance('http://a'), instance('http://b'), instance('http://c', 'announced')],
    (address) => ({
      async state() {
        asked.push(address)
        const found = nodes.get(address)
        if (!found) throw new PandoError('unavailable', 'no answer')
        return { nodes: found } as never
      },
    }),
  )
  try {
    await until('both', () => listed.addressOf('one') === 'http://a' && listed.addressOf('two') === 'http://b')
    nodes.set('http://a', ['three'])
    nodes.delete('http://b')
    await until('what changed', () => listed.addressOf('three') === 'http://a' && listed.addressOf('two') === undefined)
    assert.equal(listed.addressOf('one'), undefined)
    assert.ok(!asked.includes('http://c'), 'who announces himself needs not be asked')
  } finally {
    listed.stop()
  }
})
