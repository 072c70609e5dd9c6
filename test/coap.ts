/**
 * Mutated datagrams, all through a whole CoAP server (hard case B-11): the long form of src/access/coapaccess/fuzz.test.ts. It fails where
 * memory still grows in its second half, when all addresses have been heard of and all places are taken.
 * npm run test:coap -- [--datagrams 10000000] [--seed 11]
 */
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { flood } from './support/coapflood.ts'

const { values } = parseArgs({
  options: { datagrams: { type: 'string', default: '10000000' }, seed: { type: 'string', default: '11' } },
})
const [datagrams, seed] = [Number(values.datagrams), Number(values.seed)]
/** MB by which memory may still grow after that: what differs by chance */
const GROWTH = 32
/** Fewer have not filled all places. */
const ENOUGH = 5_000_000

const MB = 2 ** 20
interface Memory {
  held: number
  resident: number
}

function memory(): Memory {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { held: Math.round((heapUsed + external) / MB), resident: Math.round(rss / MB) }
}

const told = (m: Memory): string => `${m.held} MB held, ${m.resident} MB resident`
console.log(`seed ${seed}; before: ${told(memory())}`)
const begun = performance.now()
const measured: Memory[] = []
const { peers } = flood({
  datagrams,
  seed,
  onTenth: (done) => {
    const m = memory()
    measured.push(m)
    console.log(`${done} datagrams after ${((performance.now() - begun) / 1000).toFixed(0)} s: ${told(m)}`)
  },
})
const cpu = process.cpuUsage()
const seconds = (cpu.user + cpu.system) / 1e6
console.log(`${datagrams} datagrams in ${seconds.toFixed(0)} s of CPU (${Math.round(datagrams / seconds)}/s), ${peers} addresses`)
const grown = measured.at(-1)!.held - measured[4]!.held
assert.ok(datagrams < ENOUGH || grown <= GROWTH, `memory has grown by ${grown} MB in the second half`)
