/** Hooks: where a plugin is asked before something happens, and where it is told afterwards. */
import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'

export type Verdict = { readonly allow: true } | { readonly allow: false; readonly reason: string }
export const allow: Verdict = Object.freeze({ allow: true })
/** The reason is told: to the device or application where its protocol has room for it, and in the connection diary. */
export const refuse = (reason: string): Verdict => ({ allow: false, reason })

export interface HookDevice {
  id: number
  productId: number
  vendorId: number
  identifier: string
  code: string
  /** of its firmware */
  version: string
}

export interface Registering extends Omit<HookDevice, 'id'> {
  productName: string
}

export interface Connecting {
  device: HookDevice
  protocol: string
  /** the device's address, host:port */
  address: string
}

export interface Commanding {
  device: HookDevice
  kind: 'status' | 'command'
  /** `{label: [v, …]}` or `{command: [v, …]}`; integers beyond 2⁵³ are bigint */
  values: Readonly<Record<string, unknown>>
}

export interface Delivering {
  application: { id: number; name: string; domain: string }
  reportUrl: string
  /** the webhook-id: the same for each try */
  messageId: string
  /** JSON text */
  body: string
}

/** A record of the device log; its octets are good only until the hook returns. */
export interface RecordView {
  kind: string
  device: number
  product: number
  modelVersion: number
  /** arrival, ms since 1970 */
  time: number
  /** why: cause of offline and diary records, step of a command's life */
  reason: number
  /** of status and event: read again from a frame that was quarantined, of its old time; no news */
  late: boolean
  /** of status and event: a frame of Pando's own (`decodeStatus`, `decodeEvent`), whatever the product's codec */
  data: Uint8Array
}

/** A batch that has become durable. */
export interface BatchView {
  stream: number
  seq: number
  count: number
  records(): Iterable<RecordView>
}

export interface Hooks {
  /** a device wants its identity (again) */
  register(r: Registering): Promise<Verdict>
  /** a device that has shown its token wants in */
  connect(c: Connecting): Promise<Verdict>
  /** an application sets values or gives a command */
  command(c: Commanding): Promise<Verdict>
  /** before each try of a webhook; one that is refused is kept as a dead letter */
  delivery(d: Delivering): Promise<Verdict>
  /** after durability, a batch at a time, no veto; not repeated after a restart */
  accepted(batch: BatchView): void
}
export type HookName = keyof Hooks

export interface HookOptions {
  /** what a hook that throws, or takes too long, means */
  onError: 'refuse' | 'ignore'
  timeoutMs: number
}

/** The hooks of one cloud; a name is there only if a plugin hooks there, so that asking nobody costs nothing. */
export type HookSet = Readonly<Partial<Hooks>>

export interface Hooked<K extends HookName = HookName> {
  plugin: string
  at: K
  fn: Hooks[K]
  o: HookOptions
}

type Asking = Exclude<HookName, 'accepted'>

/** Asked in the order of registration; the first refusal counts. undefined: nobody hooks anywhere. */
export function makeHooks(all: readonly Hooked[], { log, clock }: { log: Logger; clock: Clock }): HookSet | undefined {
  if (all.length === 0) return undefined
  const of = <K extends HookName>(at: K) => all.filter((h): h is Hooked<K> => h.at === at)

  async function ask(h: Hooked<Asking>, subject: unknown): Promise<Verdict> {
    try {
      const fn = h.fn as (subject: unknown) => Promise<Verdict>
      return verdictOf(await within(h.o.timeoutMs, clock, async () => fn(subject)))
    } catch (err) {
      log.warn({ err, plugin: h.plugin, hook: h.at }, 'a hook failed')
      return h.o.onError === 'refuse' ? refuse(`the plugin ${h.plugin} does not answer`) : allow
    }
  }

  function asking<K extends Asking>(at: K): Partial<Pick<Hooks, K>> {
    const hooked = of(at)
    if (hooked.length === 0) return {}
    const run = async (subject: unknown): Promise<Verdict> => {
      for (const h of hooked) {
        const verdict = await ask(h, subject)
        if (!verdict.allow) return verdict
      }
      return allow
    }
    return { [at]: run } as unknown as Pick<Hooks, K>
  }

  function telling(): Partial<Pick<Hooks, 'accepted'>> {
    const hooked = of('accepted')
    if (hooked.length === 0) return {}
    const failed = (h: Hooked, err: unknown) => log.warn({ err, plugin: h.plugin, hook: h.at }, 'a hook failed')
    return {
      accepted(batch) {
        for (const h of hooked) {
          try {
            const returned: unknown = h.fn(batch)
            if (returned instanceof Promise) returned.catch((e: unknown) => failed(h, e))
          } catch (e) {
            failed(h, e)
          }
        }
      },
    }
  }

  return { ...asking('register'), ...asking('connect'), ...asking('command'), ...asking('delivery'), ...telling() }
}

function verdictOf(v: unknown): Verdict {
  const verdict = v as Partial<{ allow: unknown; reason: unknown }> | null | undefined
  if (verdict?.allow === true) return allow
  if (verdict?.allow === false) return refuse(String(verdict.reason ?? 'refused'))
  throw new Error('the hook returned no verdict')
}

/** Rejects when `work` takes longer, by the cloud's clock. */
async function within<T>(ms: number, clock: Clock, work: () => Promise<T>): Promise<T> {
  let cancel = () => {}
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(new Error(`no verdict within ${ms} ms`)))
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    cancel()
  }
}
