/** One POST under way: undici's handler, reduced to what became of it. */
import type { Dispatcher } from 'undici'

/** What became of one try. `status` 0: no answer. */
export interface Outcome {
  ok: boolean
  status: number
  /** one line for people; '' when ok */
  error: string
  /** the receiver asked to wait this many ms */
  retryAfter?: number
  /** what came with a status that is no success */
  answer?: Answer
  /** a plugin does not want it sent: it becomes a dead letter at once, and says nothing of the receiver */
  refused?: boolean
}

export interface Answer {
  headers: Record<string, string>
  /** of the octets that were read, as text */
  body: string
}

/** Octets of an answer that are read; what it says beyond its status is shown to people and never used. */
export const ANSWER_LIMIT = 16_384

/** A try under way, as undici's handler. */
export class Try implements Dispatcher.DispatchHandler {
  readonly deadline: number
  readonly #end: (t: Try, outcome: Outcome) => void
  readonly #done: (outcome: Outcome) => void
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #retryAfter: string | undefined
  #received = 0
  /** kept where it is no success, to show why */
  #headers: Record<string, string> | undefined
  readonly #body: Buffer[] = []
  #ended = false

  constructor(deadline: number, end: (t: Try, outcome: Outcome) => void, done: (outcome: Outcome) => void) {
    this.deadline = deadline
    this.#end = end
    this.#done = done
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#ended) controller.abort(new Error('too late'))
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    this.#status = status
    if (status >= 300) this.#headers = shownHeaders(headers)
    const wait = headers['retry-after']
    if (typeof wait === 'string') this.#retryAfter = wait
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length
    if (this.#headers && this.#received <= ANSWER_LIMIT) this.#body.push(chunk)
    if (this.#received > ANSWER_LIMIT) this.#cut(controller, new Error('the answer is too long'))
  }

  onResponseEnd(): void {
    this.finish('')
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.finish(textOf(error))
  }

  /** Ends the try; the receiver's status, once known, counts whatever happens to the rest of its answer. */
  finish(error: string): void {
    if (this.#ended) return
    this.#ended = true
    const answer = this.#headers && { headers: this.#headers, body: Buffer.concat(this.#body).toString() }
    this.#end(this, { ...outcomeOf(this.#status, error, this.#retryAfter), ...(answer && { answer }) })
  }

  expire(error: string): void {
    this.finish(error)
    if (this.#controller) this.#cut(this.#controller, new Error(error))
  }

  report(outcome: Outcome): void {
    this.#done(outcome)
  }

  #cut(controller: Dispatcher.DispatchController, why: Error): void {
    this.finish(why.message)
    if (!controller.aborted) controller.abort(why)
  }
}

/** Cookies of the receiver are nobody's business here. */
const shownHeaders = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([k, v]) => (v === undefined || k === 'set-cookie' ? [] : [[k, String(v)]])))

const MAX_RETRY_AFTER_S = 86_400

function outcomeOf(status: number, error: string, wait: string | undefined): Outcome {
  if (status >= 200 && status < 300) return { ok: true, status, error: '' }
  if (status === 0) return { ok: false, status, error: error || 'no answer' }
  const seconds = wait !== undefined && /^\d{1,9}$/.test(wait) ? Math.min(Number(wait), MAX_RETRY_AFTER_S) : 0
  const redirect = status >= 300 && status < 400 ? ' (redirects are not followed)' : ''
  return { ok: false, status, error: `answered ${status}${redirect}`, ...(seconds > 0 && { retryAfter: seconds * 1000 }) }
}

function textOf(e: Error): string {
  const first = e instanceof AggregateError && e.errors[0] instanceof Error ? e.errors[0] : e
  return first.message || (first as NodeJS.ErrnoException).code || 'failed'
}
