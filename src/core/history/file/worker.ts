/** The thread of the keeper. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { nodeDisk } from '#lib/disk.ts'
import { errorData, toPandoError } from '#lib/errors.ts'
import { Keeper, type KeeperOptions } from './keeper.ts'
import { type Post, type Request, serveKeeper, teller } from './messages.ts'

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
  const error = toPandoError(e)
  post({ type: 'failed', id: 0, error: errorData(error), detail: String(error.cause ?? '') })
}
