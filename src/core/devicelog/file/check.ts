/** Is the log in a folder whole? Reads all of it and writes nothing; nobody may write to it meanwhile. */
import { type Disk, withFile } from '#lib/disk.ts'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { loadCursors } from './cursors.ts'
import type { SegmentHead } from './frame.ts'
import { buildIndex } from './rebuild.ts'
import { readHead, segmentNumbers } from './recover.ts'
import { newIndex } from './run.ts'
import { lookBehind, scanFrames } from './scan.ts'
import { damaged, type Segment, segmentPath } from './segment.ts'

type Head = SegmentHead & { fileSize: number }

/** What is wrong with it, a file each; what the disk refuses is thrown. */
export async function checkLog(disk: Disk, dir: string): Promise<PandoError[]> {
  const wrong: PandoError[] = []
  async function tried<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (e) {
      if (!isPandoError(e)) throw e
      wrong.push(e)
      return undefined
    }
  }
  const warn = (_: string, { file }: Record<string, unknown>) => void wrong.push(damaged(String(file), 0, 'wrong checksum'))
  const cursors = await tried(() => loadCursors({ disk, dir, warn }))
  const numbers = await segmentNumbers(disk, dir)
  const newest = Math.max(cursors?.segment ?? 0, numbers.at(-1) ?? 0)
  const heads = new Map<number, Head | undefined>()
  for (const n of numbers) heads.set(n, await tried(() => readHead(disk, segmentPath(dir, n), n)))
  for (let n = heads.get(newest)?.oldest ?? numbers[0] ?? newest; n <= newest && newest > 0; n++) {
    const [head, next] = [heads.get(n), heads.get(n + 1)]
    if (!heads.has(n)) wrong.push(damaged(segmentPath(dir, n), 0, 'the file is missing'))
    else if (head && next) await tried(() => checkClosed(disk, dir, head, next.previousEnd))
    else if (head && n === newest) await tried(() => checkLast(disk, dir, head))
  }
  return wrong
}

const segmentOf = (dir: string, { number, salt, size }: Head, end: number): Segment => ({
  number,
  path: segmentPath(dir, number),
  salt,
  start: size,
  end,
  index: newIndex(),
  closed: true,
})

async function checkClosed(disk: Disk, dir: string, head: Head, end: number): Promise<void> {
  const s = segmentOf(dir, head, end)
  if (head.fileSize < end) throw damaged(s.path, head.fileSize, `the file is cut short, ${end} bytes were written`)
  await buildIndex(disk, s)
}

/** Its last commit may be torn, but nothing stands behind that. */
async function checkLast(disk: Disk, dir: string, head: Head): Promise<void> {
  const { path } = segmentOf(dir, head, 0)
  await withFile(disk, path, 'read', async (fd) => {
    const found = await scanFrames(disk, fd, head.salt, head.size, head.fileSize, { batch() {}, seal() {} })
    if (found.stop === 'cut' || found.stop === 'limit') throw damaged(path, head.fileSize, 'the file is cut short')
    const behind = await lookBehind(disk, fd, head.salt, found.end + 1, head.fileSize)
    if (behind.frame >= 0) throw damaged(path, found.end, `not whole, but a later commit stands at ${behind.frame}`)
  })
}
