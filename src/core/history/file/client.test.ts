import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeeperClient } from './client.ts'
import type { Listener } from './link.ts'
import type { Told } from './told.ts'

/** A keeper whose thread ends when it is closed; `answers` before that. */
async function closed(answers: boolean): Promise<{ broken: string[]; failed: boolean }> {
  const broken: string[] = []
  const connect = (listener: Listener) => {
    setImmediate(() => listener.reply({ type: 'ready' }))
    return {
      post(request: { id?: number }) {
        setImmediate(() => {
          if (answers) listener.reply({ type: 'done', id: request.id!, value: undefined })
          listener.broken(new Error('the thread of history ended with 0'))
        })
      },
      close: async () => {},
    }
  }
  const client = await KeeperClient.open(connect as never, {} as Told, (e) => broken.push(e.message))
  const failed = await client.close().then(
    () => false,
    () => true,
  )
  return { broken, failed }
}

test('a thread that ends with its answer to the close is no trouble; one that ends without it is', async () => {
  assert.deepEqual(await closed(true), { broken: [], failed: false })
  assert.deepEqual(await closed(false), { broken: ['history: the thread of history ended with 0'], failed: true })
})
