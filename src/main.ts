/** Entry of the command line; the only place that ends the process. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `pando needs Node 22.19 or newer, this is ${process.versions.node}. In a clone, \`npm ci\` brings one along.\n`,
  )
  process.exit(1)
}
const { run } = await import('./cli/run.ts')
const { env, stdin: input, stdout: out, stderr: err } = process
process.exit(await run(process.argv.slice(2), { env, input, out, err, exit: (code) => process.exit(code) }))
