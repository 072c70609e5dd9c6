/** The thread of the keeper. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { nodeDisk } from '#lib/disk.ts'
import { storageError } from './disk.ts'
import { Keeper, type KeeperOptions } from './keeper.ts'
import { failure, type Post, type Request, serveKeeper, teller } from './messages.ts'

const port = parentPort as MessagePort
const post: Post = (reply, transfer = []) => port.postMessage(reply, transfer)

try {
  const keeper = await Keeper.open(nodeDisk, workerData as KeeperOptions, teller(post))
  const serve = serveKeeper(keeper, post)
  port.on('message', (request: Request) => {
    serve(request).then(
      () => request.type === 'close' && port.close(),
      (e: unknown) => {
        throw e
      },
    )
  })
  post({ type: 'ready' })
} catch (e) {
  post(failure(0, storageError(e)))
}
