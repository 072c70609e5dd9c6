/** The current values together with their snapshots `current.<n>.snap`: the last two are kept, and newer ones of other processes. */
import { statSync } from 'node:fs'
import { type Disk, nodeDisk } from '#lib/disk.ts'
import { isPandoError } from '#lib/errors.ts'
import { type FrozenFile, freezer } from '#lib/frozen.ts'
import type { Current, CurrentValue } from '../port.ts'
import { CurrentTable } from './current.ts'
import { list, remove, storageError } from './disk.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'

const NAME = /^current\.(\d+)\.snap(\.tmp)?$/

export class KeptCurrent implements Current {
  readonly saved: ReadonlyMap<number, number>
  /** what is wrong with the snapshots, if something is */
  problem: string | undefined
  #table: CurrentTable
  #disk: Disk
  readonly folder: string
  #next: number
  /** numbers of those that cannot be read */
  #damaged: readonly number[]
  /** numbers of the snapshots that are whole, newest first */
  #whole: number[]
  #last: Promise<void> = Promise.resolve()
  /** told of a new `problem` */
  changed = (): void => {}

  private constructor(disk: Disk, folder: string, found: Found) {
    this.#disk = disk
    this.folder = folder
    this.#table = found.table
    this.saved = found.cursors
    this.problem = found.problem
    this.#next = found.highest + 1
    this.#whole = found.whole
    this.#damaged = found.damaged
  }

  /** Loads the newest snapshot that is whole; with none the table and `saved` are empty. */
  static async open(folder: string, disk: Disk = nodeDisk): Promise<KeptCurrent> {
    return new KeptCurrent(disk, folder, await findSnapshot(disk, folder))
  }

  get devices(): number {
    return this.#table.devices
  }

  put(device: number, slot: number, time: number, b: Uint8Array, from: number, to: number): void {
    this.#table.put(device, slot, time, b, from, to)
  }

  get(device: number, slot: number): CurrentValue | undefined {
    return this.#table.get(device, slot)
  }

  each(device: number, visit: (slot: number, value: CurrentValue) => void): void {
    this.#table.each(device, visit)
  }

  eachDevice(visit: (device: number) => void): void {
    this.#table.eachDevice(visit)
  }

  remove(device: number, slot?: number): void {
    this.#table.remove(device, slot)
  }

  save(cursors: ReadonlyMap<number, number>): Promise<void> {
    const image = this.#table.freeze()
    const of = new Map(cursors)
    const done = this.#last.then(async () => {
      try {
        await this.#write((path) => writeSnapshot(this.#disk, path, image, of))
        this.#tell(undefined)
      } catch (e) {
        this.#tell(`snapshot of current values: ${(e as Error).message}`)
        throw storageError(e)
      }
    })
    this.#last = done.catch(() => {})
    return done
  }

  /** The snapshots there are, at a moment when none is being written. */
  freeze(by: string): Promise<FrozenFile[]> {
    const done = this.#last.then(() => {
      const f = freezer(this.folder, by)
      for (const path of this.#whole.map((n) => this.#path(n))) f.link(path, statSync(path).size)
      return f.files
    })
    this.#last = done.then(
      () => {},
      () => {},
    )
    return done
  }

  async #write(write: (path: string) => Promise<void>): Promise<void> {
    const others = numbersIn(await list(this.#disk, this.folder))
    const number = Math.max(this.#next, ...others.map((n) => n + 1))
    this.#next = number + 1
    const path = this.#path(number)
    await write(`${path}.tmp`)
    await this.#disk.rename(`${path}.tmp`, path)
    await this.#disk.syncDir(this.folder)
    this.#whole = [number, ...this.#whole].slice(0, 2)
    const oldest = this.#whole.at(-1)!
    for (const name of await list(this.#disk, this.folder)) {
      const number = Number(NAME.exec(name)?.[1] ?? oldest)
      if (number < oldest || this.#damaged.includes(number)) await remove(this.#disk, `${this.folder}/${name}`)
    }
  }

  #path(n: number): string {
    return `${this.folder}/current.${n}.snap`
  }

  #tell(problem: string | undefined): void {
    if (problem === this.problem) return
    this.problem = problem
    this.changed()
  }

  /** Waits for what is being saved. */
  async close(): Promise<void> {
    await this.#last
  }
}

/** Of the snapshots that are there, newest first. */
const numbersIn = (names: readonly string[]): number[] =>
  names
    .map((name) => NAME.exec(name))
    .flatMap((m) => (m && !m[2] ? [Number(m[1])] : []))
    .sort((a, b) => b - a)

interface Found {
  table: CurrentTable
  cursors: ReadonlyMap<number, number>
  whole: number[]
  damaged: number[]
  highest: number
  problem: string | undefined
}

async function findSnapshot(disk: Disk, folder: string): Promise<Found> {
  await disk.mkdir(folder)
  const numbers = numbersIn(await list(disk, folder))
  const problems: string[] = []
  const highest = numbers[0] ?? 0
  for (const number of numbers) {
    try {
      const { table, cursors } = await readSnapshot(disk, `${folder}/current.${number}.snap`)
      return {
        table,
        cursors,
        whole: numbers.filter((n) => n <= number).slice(0, 2),
        damaged: numbers.filter((n) => n > number),
        highest,
        problem: problems.join('; ') || undefined,
      }
    } catch (e) {
      if (!isPandoError(e, 'store_damaged')) throw storageError(e)
      problems.push(e.message)
    }
  }
  return {
    table: new CurrentTable(),
    cursors: new Map(),
    whole: [],
    damaged: numbers,
    highest,
    problem: problems.join('; ') || undefined,
  }
}
