/** Pieces of so many. */
export async function* pagesOf<T>(items: AsyncIterable<T>, n: number): AsyncGenerator<T[]> {
  let page: T[] = []
  for await (const item of items) {
    page.push(item)
    if (page.length < n) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

export async function* mapped<T, U>(items: AsyncIterable<T>, f: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield f(item)
}
