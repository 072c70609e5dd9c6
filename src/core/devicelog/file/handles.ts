import type { Disk } from '#lib/disk.ts'

interface Handle {
  fd: Promise<number>
  users: number
  dropped: boolean
}

/** Read handles of segment files: the most recent few stay open. */
export interface Handles {
  use<T>(path: string, read: (fd: number) => Promise<T>): Promise<T>
  /** The file is going away: its handle is closed as soon as nobody reads by it. */
  drop(path: string): Promise<void>
  close(): Promise<void>
}

export function readHandles(disk: Disk, most = 8): Handles {
  const open = new Map<string, Handle>()

  async function closeUnused(h: Handle): Promise<void> {
    if (h.dropped && h.users === 0)
      await h.fd.then(
        (fd) => disk.close(fd),
        () => {},
      )
  }

  function drop(path: string): Promise<void> {
    const h = open.get(path)
    if (!h) return Promise.resolve()
    open.delete(path)
    h.dropped = true
    return closeUnused(h)
  }

  function get(path: string): Handle {
    const h = open.get(path) ?? { fd: disk.open(path, 'read'), users: 0, dropped: false }
    open.delete(path)
    open.set(path, h) // the most recent is the last
    h.users++
    return h
  }

  async function use<T>(path: string, read: (fd: number) => Promise<T>): Promise<T> {
    const h = get(path)
    try {
      return await read(await h.fd)
    } catch (e) {
      await forgetFailed(path, h)
      throw e
    } finally {
      h.users--
      await closeUnused(h)
      const oldest = open.size > most ? open.keys().next().value : undefined
      if (oldest !== undefined) await drop(oldest)
    }
  }

  async function forgetFailed(path: string, h: Handle): Promise<void> {
    const opened = await h.fd.then(
      () => true,
      () => false,
    )
    if (!opened && open.get(path) === h) open.delete(path)
  }

  return {
    use,
    drop,
    async close() {
      await Promise.all([...open.keys()].map(drop))
    },
  }
}
