/** The long form of test/fuzz/xmpp.test.ts: node test/fuzzxmpp.ts [--stanzas 1000000] [--seed 1] */
import { parseArgs } from 'node:util'
import { fuzzStanzas } from './fuzz/xmppstanzas.ts'
import { inUse } from './support/memory.ts'

const { values } = parseArgs({
  options: { stanzas: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
})
await fuzzStanzas(5000, 7)
const before = inUse()
const began = performance.now()
const done = await fuzzStanzas(Number(values.stanzas), Number(values.seed))
const seconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ ...done, seconds: Math.round(seconds), mibMore: Math.round((inUse() - before) / 2 ** 20) }))
