/** How every port finds its engine: the scheme of a URL names it, and it is imported only then. */
import { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'

/** What a process has for its engines; each takes what it needs. */
export interface EngineOptions {
  dataDir?: string
  log?: Logger
  clock?: Clock
}

/** Opens an engine: the URL as it was set (relative paths intact), and what the port's engines need. */
export type OpenEngine<Engine, Options> = (url: string, options: Options) => Engine | Promise<Engine>

/** scheme (without the colon) → engine; entries import lazily. */
export type EngineTable<Engine, Options> = Readonly<Record<string, OpenEngine<Engine, Options>>>

const SCHEME = /^([a-z][a-z0-9+.-]*):/

/** The scheme of an engine's URL, in lower case and without the colon; undefined if the text has none. */
export const schemeOf = (url: string): string | undefined => SCHEME.exec(url)?.[1]

/**
 * Opens the engine of `port` that the URL's scheme names. An unknown scheme rejects with `config_invalid`, which lists the
 * possible ones; the rest of the URL is never repeated: it may hold a password.
 */
export async function openEngine<Engine, Options>(
  port: string,
  table: EngineTable<Engine, Options>,
  url: string,
  options: Options,
): Promise<Engine> {
  const scheme = schemeOf(url)
  if (scheme !== undefined && Object.hasOwn(table, scheme)) return await table[scheme]!(url, options)
  const possible = Object.keys(table).map((s) => `${s}:`)
  const given = scheme === undefined ? 'a URL without a scheme' : `"${scheme}:"`
  throw new PandoError('config_invalid', `${port}: no engine for ${given}; possible: ${possible.join(', ')}`, {
    port,
    scheme,
    possible,
  })
}
