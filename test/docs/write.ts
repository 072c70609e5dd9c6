/** Puts what the code says into the pages: `node_modules/.bin/node test/docs/write.ts`. */
import { writeFileSync } from 'node:fs'
import { root, textOf, withPart } from './pages.ts'
import { sections } from './sections.ts'

for (const [name, { page, make }] of Object.entries(sections)) {
  writeFileSync(`${root}/${page}`, withPart(textOf(page), name, await make()))
}
