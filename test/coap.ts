/**
 * Mutated datagrams, all through a whole CoAP server (hard case B-11): the long form of src/access/coapaccess/fuzz.test.ts.
 * npm run test:coap -- [--datagrams 10000000]
 */
import { parseArgs } from 'node:util'
import { flood } from './support/coapflood.ts'

const { values } = parseArgs({ options: { datagrams: { type: 'string', default: '10000000' } } })
const datagrams = Number(values.datagrams)
const memory = (): number => {
  globalThis.gc?.()
  return Math.round(process.memoryUsage().rss / 2 ** 20)
}
const before = memory()
const begun = performance.now()
const { peers } = flood(datagrams, datagrams)
const seconds = (performance.now() - begun) / 1000
console.log(
  `${datagrams} datagrams in ${seconds.toFixed(0)} s (${Math.round(datagrams / seconds)}/s), ${peers} addresses; memory ${before} MB before, ${memory()} MB after`,
)
