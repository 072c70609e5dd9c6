/** The way from the engine to its keeper, which runs in a thread of its own or in this one. */
import { Worker } from 'node:worker_threads'
import type { Disk } from '#lib/disk.ts'
import { inProgram } from '#lib/package.ts'
import { Keeper, type KeeperOptions } from './keeper.ts'
import { type Reply, type Request, serveKeeper, teller } from './messages.ts'

export interface Link {
  post(request: Request, transfer?: ArrayBuffer[]): void
  close(): Promise<void>
}

/** Hears replies, and why there will be none any more. */
export interface Listener {
  reply(reply: Reply): void
  broken(e: Error): void
}

/** A thread; says `ready` when the keeper has opened its files. */
export function threadLink(options: KeeperOptions, listener: Listener): Link {
  const worker = new Worker(inProgram('core/history/file/worker.ts'), { workerData: options, name: 'history' })
  worker.on('message', (reply: Reply) => listener.reply(reply))
  worker.on('error', (e) => listener.broken(e as Error))
  worker.on('exit', (code) => listener.broken(new Error(`the thread of history ended with ${code}`)))
  return {
    post: (request, transfer = []) => worker.postMessage(request, transfer),
    close: async () => void (await worker.terminate()),
  }
}

export interface LocalLink extends Link {
  /** The keeper ends without folding: → what another one must be given. */
  leave(): ReturnType<Keeper['leave']>
}

export async function localLink(disk: Disk, options: KeeperOptions, listener: Listener): Promise<LocalLink> {
  const post = (reply: Reply) => listener.reply(reply)
  const keeper = await Keeper.open(disk, options, teller(post))
  const serve = serveKeeper(keeper, post)
  const underWay = new Set<Promise<void>>()
  post({ type: 'ready' })
  return {
    post(request) {
      const served = serve(request)
        .catch((e: Error) => listener.broken(e))
        .finally(() => underWay.delete(served))
      underWay.add(served)
    },
    close: () => Promise.resolve(),
    async leave() {
      await Promise.all(underWay)
      return keeper.leave()
    },
  }
}
