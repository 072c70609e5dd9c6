/** The way from the engine to its keeper: in a thread of its own, or (tests) in this one on any disk. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Disk } from '#lib/disk.ts'
import { Keeper, type KeeperOptions } from './keeper.ts'
import { type Reply, type Request, serveKeeper, teller } from './messages.ts'

export interface Link {
  post(request: Request, transfer?: ArrayBuffer[]): void
  close(): Promise<void>
}

/** `listen` hears replies, `broken` why there will be none any more. */
export interface Listener {
  reply(reply: Reply): void
  broken(e: Error): void
}

export function threadLink(options: KeeperOptions, listener: Listener): Link {
  const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: options,
    name: 'history',
  })
  worker.on('message', (reply: Reply) => listener.reply(reply))
  worker.on('error', (e) => listener.broken(e as Error))
  worker.on('exit', (code) => listener.broken(new Error(`the thread of history ended with ${code}`)))
  return {
    post: (request, transfer = []) => worker.postMessage(request, transfer),
    close: async () => void (await worker.terminate()),
  }
}

export async function localLink(disk: Disk, options: KeeperOptions, listener: Listener): Promise<Link> {
  const keeper = await Keeper.open(
    disk,
    options,
    teller((reply) => listener.reply(reply)),
  )
  const serve = serveKeeper(keeper, (reply) => listener.reply(reply))
  listener.reply({ type: 'ready' })
  return {
    post: (request) => void serve(request).catch((e: Error) => listener.broken(e)),
    close: () => Promise.resolve(),
  }
}
