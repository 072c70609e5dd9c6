/** Is the history in a folder whole? Reads all of it and writes nothing. */
import type { Disk } from '#lib/disk.ts'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { list } from './disk.ts'
import { loadManifest } from './manifest.ts'
import { Run } from './run.ts'
import type { BlockRef } from './runformat.ts'
import { damaged } from './runformat.ts'
import { readSnapshot } from './snapshot.ts'
import { runPath } from './store.ts'

/** What is wrong with it, a file each; what the disk refuses is thrown. */
export async function checkHistory(disk: Disk, folder: string): Promise<PandoError[]> {
  const wrong: PandoError[] = []
  async function tried(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (e) {
      if (!isPandoError(e)) throw e
      wrong.push(e)
    }
  }
  await tried(async () => {
    const { manifest, damaged: bad } = await loadManifest(disk, folder)
    for (const file of bad) wrong.push(damaged(file, 0, 'wrong checksum; its copy is whole'))
    for (const info of manifest?.runs ?? []) await tried(() => readRun(new Run(disk, runPath(folder, info), info)))
  })
  for (const name of await list(disk, folder)) {
    if (/^current\.\d+\.snap$/.test(name)) await tried(() => readSnapshot(disk, `${folder}/${name}`))
  }
  return wrong
}

async function readRun(run: Run): Promise<void> {
  await run.open()
  try {
    for (let page = 0; page < run.pages; page++) {
      const refs: BlockRef[] = []
      await run.eachIn(page, (ref) => refs.push(ref) > 0)
      for (const ref of refs) await run.block(ref)
    }
  } finally {
    await run.close()
  }
}
