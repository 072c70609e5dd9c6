export { version } from '#src/version.ts'
