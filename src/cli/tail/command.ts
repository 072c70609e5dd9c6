/** pando tail: what devices say, as it comes. */
import type { Face } from '#contracts/contract.ts'
import { controller, type TailKind, tailKinds } from '#contracts/controller.ts'
import { registry } from '#contracts/registry.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { oneOf } from '#lib/settings.ts'
import type { RpcClient } from '#rpc/client.ts'
import { type Context, command } from '../command.ts'
import { deviceNamed } from '../devices.ts'
import { written } from '../output.ts'
import { idKind } from '../pdcfg/fields.ts'
import { runningCloud } from '../running.ts'
import { stopSignals } from '../signals.ts'
import { flagValue } from '../usage.ts'
import { lineOf, type Named } from './lines.ts'

const NAME = 'pando tail'
/** One question takes so long if nothing comes. */
const WAIT_MS = 15_000
const AGAIN_MS = 1000
const MOST_NAMES = 100_000

export const tail = command({
  name: NAME,
  summary:
    'What devices say, decoded, as it comes, and what becomes of their commands: of all of them, or of those named. Ctrl-C ends it; a cloud that starts anew is waited for.',
  examples: ['pando tail', 'pando tail 1-1-lamp-7 1-1-lamp-8 --kind event,offline', 'pando tail --product 1 --json | jq .values'],
  words: true,
  args: {
    devices: { type: 'positional', required: false, description: 'Identifiers of devices; all when none is named' },
    product: { type: 'string', description: 'Only devices of this product, by its id' },
    kind: { type: 'string', description: `Only these, by commas: ${tailKinds.join(', ')}` },
    json: { type: 'boolean', description: 'Print a JSON object a line' },
  },
  async run(args, context) {
    const productId = args.product === undefined ? {} : { productId: flagValue(NAME, 'product', idKind, args.product) }
    const kinds = args.kind?.split(',').map((k) => flagValue(NAME, 'kind', oneOf(...tailKinds), k.trim()))
    const signals = stopSignals(context)
    try {
      await follow(args._, { ...productId, ...(kinds && { kinds }) }, args.json === true, context, signals.first)
    } finally {
      signals.forget()
    }
  },
})

interface Filter {
  productId?: number
  kinds?: TailKind[]
}

async function follow(
  names: string[],
  filter: Filter,
  json: boolean,
  context: Context,
  stopped: Promise<unknown>,
): Promise<void> {
  const { env, out, err } = context
  const known: Named = new Map()
  let ids: { deviceIds?: number[] } | undefined
  let cursor: string | undefined
  let client: RpcClient | undefined = await runningCloud(env, 'to hear its devices')
  const over = stopped.then(() => undefined)
  try {
    for (let said = false; ; ) {
      try {
        client ??= await runningCloud(env, '')
        const r = client.face(registry)
        if (cursor === undefined && filter.productId !== undefined) await productThere(r, filter.productId)
        ids ??= names.length === 0 ? {} : { deviceIds: await Promise.all(names.map(async (n) => (await deviceNamed(r, n)).id)) }
        const asked = { ...filter, ...ids, wait: WAIT_MS, ...(cursor !== undefined && { cursor }) }
        const answer = await Promise.race([client.face(controller).tail(asked), over])
        if (!answer) return
        if (said) err.write('The cloud is there again.\n')
        said = false
        if (cursor === undefined && out.isTTY) err.write('Waiting for what devices say; Ctrl-C ends it.\n')
        if (answer.skipped > 0) err.write(`${answer.skipped} batches were left out: they came faster than they are printed.\n`)
        await name(r, answer.items, known)
        for (const item of answer.items) await written(out, lineOf(item, known, json))
        ;({ cursor } = answer)
      } catch (e) {
        if (!isGone(e)) throw e
        if (!said) err.write('The cloud is gone; what comes meanwhile is told when it is there again.\n')
        said = true
        await client?.close()
        client = undefined
        if ((await Promise.race([wait(AGAIN_MS), over.then(() => true)])) === true) return
      }
    }
  } finally {
    await client?.close()
  }
}

/** Nobody waits for devices of a product that there is not. */
async function productThere(r: Pick<Face<typeof registry>, 'products'>, id: number): Promise<void> {
  const { items } = await r.products({ after: id - 1, limit: 1 })
  if (items[0]?.id !== id)
    throw new PandoError('product_unknown', `there is no product ${id}; \`pando pdcfg product list\` prints them`)
}

const wait = (ms: number): Promise<false> => new Promise((done) => setTimeout(() => done(false), ms))

/** It ended, or starts and does not answer yet. */
const isGone = (e: unknown): boolean =>
  ['unavailable', 'timeout', 'conflict', 'unauthenticated'].some((code) => isPandoError(e, code as 'timeout'))

/** Learns the identifiers of devices that are not known yet. */
async function name(
  r: Pick<Face<typeof registry>, 'devicesById'>,
  items: readonly { deviceId: number }[],
  known: Named,
): Promise<void> {
  const ids = [...new Set(items.map((i) => i.deviceId))].filter((id) => !known.has(id))
  if (ids.length === 0) return
  if (known.size > MOST_NAMES) known.clear()
  for (const d of (await r.devicesById({ ids })).items) known.set(d.id, d.identifier)
}
