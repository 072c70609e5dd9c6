/** The lines to paste of the pages about protocols, as a device would. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needs } from '../support/programs.ts'
import { makeWorld, until } from '../world.ts'
import { blocksOf, textOf } from './pages.ts'
import { pasted } from './readme.ts'

// HOUSE-3
test('the lines of docs/http.md work when they are pasted', needs('curl'), async () => {
  const world = await makeWorld()
  try {
    const app = await world.application()
    const device = await world.device()
    const env = { PATH: process.env['PATH'], TOKEN: device.token, HTTP: world.listen['httpaccess'] }
    const [lines] = blocksOf(textOf('docs/http.md')).filter((b) => b.language === 'sh')
    const { code, said } = await pasted(lines!.text, env)
    assert.equal(code, 0, said)
    assert.equal(said, '{"accepted":1}{"accepted":1}{"commands":[]}')
    await until('the value', async () => {
      const { data } = await app.get(`/devices/${device.identifier}/status/latest`)
      return (data as { light?: number[] }).light?.[1] === 80
    })
  } finally {
    await world.close()
  }
})
