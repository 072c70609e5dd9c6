/** As much of a browser as the script of the reference page needs: forms by what stands in the page, and a jar of cookies. */
interface Field {
  name: string
  value: string
  dataset: { in?: string }
}
interface Form extends FakeElement {
  dataset: { method?: string; path?: string }
  elements: Field[]
  reset(): void
}

class FakeElement {
  textContent = ''
  className = ''
  hidden = true
  closest(): undefined {
    return undefined
  }
  readonly listeners = new Map<string, (e: object) => unknown>()
  addEventListener(type: string, listener: (e: object) => unknown): void {
    this.listeners.set(type, listener)
  }
}

export interface FakePage {
  globals: object
  text(id: string): string
  submit(id: string, values: Record<string, string>): void
  /** Fills in the form of a call, sends it, and waits for the answer. */
  call(operation: string, values: Record<string, string>): Promise<{ status: string; answer: string }>
}

export function makePage(page: string, base: string): FakePage {
  const elements = new Map<string, FakeElement>()
  const byId = (id: string): FakeElement => {
    const found = elements.get(id) ?? new FakeElement()
    elements.set(id, found)
    return found
  }
  const main = Object.assign(new FakeElement(), { dataset: { base: /<main[^>]* data-base="([^"]+)"/.exec(page)![1]! } })
  let cookie = ''
  const jar: typeof fetch = async (path, o) => {
    const own = {
      ...(o?.headers as Record<string, string>),
      Origin: base,
      'Sec-Fetch-Site': 'same-origin',
      ...(cookie && { Cookie: cookie }),
    }
    const answer = await fetch(`${base}${String(path)}`, { ...o, headers: own })
    cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? cookie
    return answer
  }
  const document = {
    querySelector: () => main,
    querySelectorAll: () => [],
    getElementById: byId,
  }
  class FormData {
    readonly #form: Form
    constructor(form: Form) {
      this.#form = form
    }
    get(name: string): string | undefined {
      return this.#form.elements.find((f) => f.name === name)?.value
    }
    [Symbol.iterator]() {
      return this.#form.elements.map((f) => [f.name, f.value] as const)[Symbol.iterator]()
    }
  }
  const globals = {
    document,
    FormData,
    fetch: jar,
    URLSearchParams,
    performance,
    location: { hash: '' },
    addEventListener: () => {},
  }

  const formOf = (fields: Field[], dataset: Form['dataset'] = {}): Form =>
    Object.assign(new FakeElement(), { dataset, elements: fields, reset: () => {} })

  return {
    globals,
    text: (id) => byId(id).textContent,
    submit(id, values) {
      const target = formOf(Object.entries(values).map(([name, value]) => ({ name, value, dataset: {} })))
      byId(id).listeners.get('submit')!({ preventDefault() {}, target })
    },
    async call(operation, values) {
      const [, article] = new RegExp(`<article aria-labelledby="${operation}">([\\s\\S]*?)</article>`).exec(page)!
      const [, method, path] = /data-method="(\w+)" data-path="([^"]+)"/.exec(article!)!
      const fields = [...article!.matchAll(/<(?:input|textarea)[^>]* name="([^"]+)" data-in="(\w+)"/g)].map(
        ([, name, place]) => ({
          name: name!,
          value: values[name!] ?? '',
          dataset: { in: place! },
        }),
      )
      const unknown = Object.keys(values).filter((name) => !fields.some((f) => f.name === name))
      if (unknown.length > 0) throw new Error(`${operation} has no field ${unknown.join()}`)
      const [status, shown] = [new FakeElement(), new FakeElement()]
      const target = Object.assign(formOf(fields, { method: method!, path: path! }), {
        querySelector: (s: string) => (s === 'pre' ? shown : status),
      })
      await main.listeners.get('submit')!({ preventDefault() {}, target })
      return { status: status.textContent, answer: shown.textContent }
    },
  }
}
