/** Reads the pages of the documentation: parts from the code, headings, links, blocks to paste. */
import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const textOf = (path: string): string => readFileSync(`${root}/${path}`, 'utf8')

/** Every page, from the root. */
export const pages = (): string[] => globSync(['*.md', 'docs/**/*.md', 'bench/*.md'], { cwd: root }).sort()

const opening = (name: string) => `<!-- from the code: ${name} -->\n`
const CLOSING = '<!-- end -->'

function place(text: string, name: string): { from: number; to: number } {
  const at = text.indexOf(opening(name))
  const from = at + opening(name).length
  const to = text.indexOf(CLOSING, from)
  if (at < 0 || to < 0) throw new Error(`no part "${name}"`)
  return { from, to }
}

/** The part of a page that is made from the code. */
export function partOf(text: string, name: string): string {
  const { from, to } = place(text, name)
  return text.slice(from, to)
}

export function withPart(text: string, name: string, content: string): string {
  const { from, to } = place(text, name)
  return text.slice(0, from) + content + text.slice(to)
}

/** Names of the parts that a page holds. */
export const partNames = (text: string): string[] => [...text.matchAll(/<!-- from the code: (.*) -->/g)].map((m) => m[1]!)

const withoutBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '')

/** Targets of the links of a page, as they are written. */
export const linksOf = (text: string): string[] =>
  [
    ...withoutBlocks(text)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map((m) => m[1]!)

/** Anchors of the headings of a page, as code hosts make them. */
export const anchorsOf = (text: string): string[] =>
  [...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map((m) =>
    m[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

export interface Block {
  language: string
  text: string
}

/** Fenced blocks of a page, or of the part below a heading. */
export function blocksOf(text: string, heading?: string): Block[] {
  const from = heading === undefined ? 0 : text.indexOf(`\n## ${heading}\n`)
  if (from < 0) throw new Error(`no heading "${heading}"`)
  const next = heading === undefined ? -1 : text.indexOf('\n## ', from + 1)
  const part = text.slice(from, next < 0 ? undefined : next)
  return [...part.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, language, body]) => ({ language: language!, text: body! }))
}
