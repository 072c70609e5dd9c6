import type { Pause } from './fold.ts'
import type { Run } from './run.ts'
import { type BlockRef, damaged } from './runformat.ts'

const WINDOW = 1 << 18

/** Goes over all blocks of a run in order, with a few large reads. The run must be held. */
export class Scan {
  /** the block that it stands at; undefined at the end */
  ref: BlockRef | undefined
  readonly run: Run
  #page = 0
  #refs: BlockRef[] = []
  #i = -1
  #window: Buffer = Buffer.alloc(0)
  #windowAt = 0

  constructor(run: Run) {
    this.run = run
  }

  /** To the next block; a promise must be awaited before `ref` is looked at. */
  step(): Promise<void> | undefined {
    this.ref = this.#refs[++this.#i]
    return this.ref === undefined && this.#page < this.run.pages ? this.#nextPage() : undefined
  }

  async #nextPage(): Promise<void> {
    const refs: BlockRef[] = []
    await this.run.eachIn(this.#page++, (ref) => refs.push(ref) > 0)
    this.#refs = refs
    this.#i = 0
    this.ref = refs[0]
  }

  /** The octets of a block, compared with their checksum, valid until the next call; blocks come in order. */
  block(ref: BlockRef): Buffer | Promise<Buffer> {
    const from = ref.at - this.#windowAt
    if (from < 0 || from + ref.size > this.#window.length) return this.#move(ref)
    return this.run.checked(this.#window.subarray(from, from + ref.size), ref)
  }

  async #move(ref: BlockRef): Promise<Buffer> {
    const size = Math.min(Math.max(WINDOW, ref.size), this.run.blocksEnd - ref.at)
    if (size < ref.size) throw damaged(this.run.path, ref.at, 'a block outside of the file')
    this.#window = await this.run.read(ref.at, size)
    this.#windowAt = ref.at
    return this.run.checked(this.#window.subarray(0, ref.size), ref)
  }
}

/** Blocks of one device by run, and the scans to read them with, each in order. */
export type VisitDevice = (device: number, parts: readonly BlockRef[][], scans: readonly Scan[]) => Promise<void>

/** Visits all devices of several runs in order of their ids. The runs are in use. */
export async function visitDevices(runs: readonly Run[], visit: VisitDevice, pause: Pause): Promise<void> {
  const scans = runs.map((run) => new Scan(run))
  for (const scan of scans) await scan.step()
  for (;;) {
    const device = scans.reduce(
      (least, s) => Math.min(least, s.ref?.device ?? Number.POSITIVE_INFINITY),
      Number.POSITIVE_INFINITY,
    )
    if (device === Number.POSITIVE_INFINITY) return
    const parts: BlockRef[][] = []
    for (const scan of scans) parts.push(scan.ref?.device === device ? await takeDevice(scan, device) : [])
    await visit(device, parts, scans)
    const wait = pause()
    if (wait !== undefined) await wait
  }
}

async function takeDevice(scan: Scan, device: number): Promise<BlockRef[]> {
  const taken: BlockRef[] = []
  while (scan.ref?.device === device) {
    taken.push(scan.ref)
    const reading = scan.step()
    if (reading !== undefined) await reading
  }
  return taken
}
