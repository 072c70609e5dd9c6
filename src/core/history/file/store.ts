import { existsSync } from 'node:fs'
import { type Disk, nodeDisk } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { type FrozenFile, freezer, removeFrozen } from '#lib/frozen.ts'
import { list, remove } from './disk.ts'
import {
  copies,
  emptyManifest,
  encodeManifest,
  FORMAT,
  loadManifest,
  type Manifest,
  publishManifest,
  stageManifest,
} from './manifest.ts'
import { DAY, dayName } from './records.ts'
import { Run, type RunInfo } from './run.ts'
import { runKind } from './runformat.ts'
import { RunWriter } from './runwriter.ts'

const MOST_OPEN = 256
const suffix: Record<number, string> = { [runKind.records]: 'run', [runKind.rollup]: 'hours' }
const RUN_NAME = /^\d{4,6}-\d\d-\d\d\.\d+\.(run|hours)$/

export interface Change {
  add?: readonly RunInfo[]
  remove?: readonly Run[]
  cursors?: ReadonlyMap<number, number>
  /** this day's records are dropped by it */
  dropped?: number
}

export const runPath = (folder: string, { kind, day, number }: Pick<RunInfo, 'kind' | 'day' | 'number'>): string =>
  `${folder}/${dayName(day)}.${number}.${suffix[kind]}`

/** The runs of a history folder. Changes are made by `commit` only, whole or not at all, also over a crash. */
export class Store {
  readonly folder: string
  /** what was found damaged: file → how */
  readonly damage = new Map<string, string>()
  /** damage found at the start that has been made good; forgotten after the next change */
  repaired: string[] = []
  #disk: Disk
  #manifest: Manifest
  #generation: number
  #runs: Run[]
  /** runs that may have an open file, the longest unused first */
  #open = new Set<Run>()
  /** runs taken out that somebody may still read */
  #gone: Run[] = []
  /** files of runs that were to be added when the manifest's change failed half-way: it may name them */
  #doubtful: string[] = []
  /** files of no use any more */
  #waste = new Set<string>()
  #last: Promise<void> = Promise.resolve()

  private constructor(disk: Disk, folder: string, manifest: Manifest) {
    this.#disk = disk
    this.folder = folder
    this.#manifest = manifest
    this.#generation = manifest.generation
    this.#runs = manifest.runs.map((info) => new Run(disk, this.#path(info), info))
  }

  /** Opens the folder, makes it if it is new, and removes what an interrupted change left behind. */
  static async open(disk: Disk, folder: string): Promise<Store> {
    await disk.mkdir(folder)
    const { manifest, damaged, missing, uneven } = await loadManifest(disk, folder)
    const store = new Store(disk, folder, manifest ?? emptyManifest())
    if (!manifest) await store.#refuseLostManifest()
    if (uneven || damaged.length + missing.length > 0) await store.commit({})
    // nothing may be removed for a manifest that a power cut could take back
    else await disk.syncDir(folder)
    for (const path of await store.#unnamed()) await remove(disk, path)
    if (disk === nodeDisk) removeFrozen(folder)
    await store.#check()
    if (manifest) store.repaired = [...damaged, ...missing].map((file) => `${file} was damaged: restored from its copy`)
    return store
  }

  get cursors(): Map<number, number> {
    return new Map(this.#manifest.cursors)
  }

  /** Records before this (ms since 1970) have been dropped; 0: none. */
  get droppedUntil(): number {
    return (this.#manifest.dropped ?? 0) * DAY
  }

  get bytes(): number {
    return this.#runs.reduce((sum, run) => sum + run.info.size, 0)
  }

  /** All runs of a kind, by day, then in order of arrival. */
  runs(kind: number = runKind.records): Run[] {
    return this.#runs.filter((r) => r.info.kind === kind)
  }

  /**
   * Writes a run that exists only when a commit has added it: → how to add it, or nothing if `fill` wrote no block. `order` is its
   * place in the order of arrival if it is not the newest.
   */
  async write(kind: number, day: number, fill: (into: RunWriter) => Promise<void>, order?: number): Promise<RunInfo[]> {
    const number = this.#manifest.next++
    const writer = await RunWriter.create(this.#disk, this.#path({ kind, day, number }), kind, day, number)
    try {
      await fill(writer)
      const f = await writer.finish()
      if (f) return [{ kind, day, number, order: order ?? number, records: f.records, size: f.size }]
      await this.#removeQuietly(writer.path)
      return []
    } catch (e) {
      await writer.close()
      await this.#removeQuietly(writer.path)
      throw e
    }
  }

  /** Removes runs that will not be added. */
  async discard(runs: readonly RunInfo[]): Promise<void> {
    for (const info of runs) await this.#removeQuietly(this.#path(info))
  }

  /** Says of runs that they may be read until `release`; they stay readable even if a commit takes them out. */
  hold(runs: readonly Run[]): void {
    for (const run of runs) run.holds++
  }

  async release(runs: readonly Run[]): Promise<void> {
    for (const run of runs) run.holds--
    await this.#tidy()
  }

  /** Runs `use` with open files. */
  async using<T>(runs: readonly Run[], use: () => Promise<T>): Promise<T> {
    for (const run of runs) {
      run.uses++
      this.#open.delete(run)
      this.#open.add(run)
    }
    try {
      for (const run of runs) if (!run.isOpen) await run.open()
      return await use()
    } finally {
      for (const run of runs) run.uses--
      if (this.#open.size > MOST_OPEN) await this.#tidy()
    }
  }

  /**
   * Makes a change durable, then visible; `visible` is called at that very moment. If it fails nothing has become visible, and the
   * files of added runs are dealt with.
   */
  commit(change: Change, visible = (): void => {}): Promise<void> {
    const done = this.#last.then(() => this.#commit(change, visible))
    this.#last = done.catch(() => {})
    return done
  }

  async #commit({ add = [], remove: gone = [], cursors, dropped }: Change, visible: () => void): Promise<void> {
    const runs = this.#runs.filter((r) => !gone.includes(r))
    runs.push(...add.map((info) => new Run(this.#disk, this.#path(info), info)))
    runs.sort((a, b) => a.info.day - b.info.day || a.info.order - b.info.order)
    const before = Math.max(this.#manifest.dropped ?? 0, dropped === undefined ? 0 : dropped + 1)
    const m: Manifest = {
      format: FORMAT,
      generation: ++this.#generation,
      next: this.#manifest.next,
      cursors: [...new Map([...this.#manifest.cursors, ...(cursors ?? [])])],
      runs: runs.map((r) => r.info),
      ...(before > 0 && { dropped: before }),
    }
    const added = add.map((info) => this.#path(info))
    try {
      await this.#disk.syncDir(this.folder)
      await stageManifest(this.#disk, this.folder, m)
    } catch (e) {
      for (const path of added) await this.#removeQuietly(path)
      throw e
    }
    this.#doubtful.push(...added)
    await publishManifest(this.#disk, this.folder)
    for (const path of this.#doubtful) if (!added.includes(path)) this.#waste.add(path)
    this.#doubtful = []
    m.next = Math.max(m.next, this.#manifest.next)
    this.#manifest = m
    this.#runs = runs
    this.repaired = []
    visible()
    for (const run of gone) this.damage.delete(run.path)
    this.#gone.push(...gone)
    await this.#tidy()
  }

  /** Closes files that have not been used for long, and removes those that are of no use any more. */
  async #tidy(): Promise<void> {
    const unused = this.#gone.filter((run) => run.holds === 0 && run.uses === 0)
    this.#gone = this.#gone.filter((run) => !unused.includes(run))
    for (const run of unused) {
      await this.#close(run)
      this.#waste.add(run.path)
    }
    for (const run of this.#open) {
      if (this.#open.size <= MOST_OPEN) break
      if (run.uses === 0) await this.#close(run)
    }
    for (const path of this.#waste) await this.#removeQuietly(path)
  }

  async #close(run: Run): Promise<void> {
    this.#open.delete(run)
    await run.close()
  }

  /** What cannot be removed now is removed later, at the latest at the next start. */
  async #removeQuietly(path: string): Promise<void> {
    this.#waste.add(path)
    try {
      await remove(this.#disk, path)
      this.#waste.delete(path)
    } catch {
      // stays among the waste
    }
  }

  /** What the manifest names, at a moment when nothing is being changed. */
  freeze(by: string): Promise<FrozenFile[]> {
    const done = this.#last.then(() => {
      const f = freezer(this.folder, by)
      for (const { path, info } of this.#runs) if (existsSync(path)) f.link(path, info.size)
      for (const name of copies) f.write(name, encodeManifest(this.#manifest))
      return f.files
    })
    this.#last = done.then(
      () => {},
      () => {},
    )
    return done
  }

  #path(info: Pick<RunInfo, 'kind' | 'day' | 'number'>): string {
    return runPath(this.folder, info)
  }

  /** Opens each run once: what is missing, cut short or has no right frame is known from the start. */
  async #check(): Promise<void> {
    for (const run of this.#runs) {
      try {
        await this.using([run], async () => {})
      } catch (e) {
        this.damage.set(run.path, (e as Error).message)
      }
    }
  }

  /** Files of runs that the manifest does not name. */
  async #unnamed(): Promise<string[]> {
    const named = new Set(this.#runs.map((r) => r.path))
    const names = await list(this.#disk, this.folder)
    return names
      .filter((name) => RUN_NAME.test(name))
      .map((name) => `${this.folder}/${name}`)
      .filter((path) => !named.has(path))
  }

  async #refuseLostManifest(): Promise<void> {
    const [run] = await this.#unnamed()
    const file = `${this.folder}/manifest`
    if (run) throw new PandoError('store_damaged', `${file} and its copy are missing, but there is ${run}`, { file, offset: 0 })
  }

  async close(): Promise<void> {
    await this.#last
    for (const run of this.#open) await run.close()
    this.#open.clear()
  }
}
