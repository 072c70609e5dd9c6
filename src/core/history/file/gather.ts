/** Gathers batches into chunks on their way to the keeper: one copy of the bytes, no object a batch. */
const CHUNK = 1 << 20
/** A chunk fuller than this is handed over as it is, a smaller one is copied. */
const LARGE = CHUNK / 2
const WAIT_MS = 250

export class Gatherer {
  #send: (buffer: ArrayBuffer, size: number) => void
  #chunk: Buffer | undefined
  #used = 0
  #timer: NodeJS.Timeout | undefined

  constructor(send: (buffer: ArrayBuffer, size: number) => void) {
    this.#send = send
  }

  add(batch: Buffer): void {
    const size = batch.length
    if (this.#used + size > CHUNK) this.send()
    if (size > CHUNK) {
      this.#send(new Uint8Array(batch).buffer, size)
      return
    }
    this.#chunk ??= Buffer.allocUnsafeSlow(CHUNK)
    this.#chunk.set(batch, this.#used)
    this.#used += size
    this.#timer ??= setTimeout(() => this.send(), WAIT_MS).unref()
  }

  /** Sends what has been gathered. */
  send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#chunk || this.#used === 0) return
    const buffer = this.#chunk.buffer as ArrayBuffer
    if (this.#used > LARGE) {
      this.#chunk = undefined
      this.#send(buffer, this.#used)
    } else this.#send(buffer.slice(0, this.#used), this.#used)
    this.#used = 0
  }
}
