/**
 * What a test file has started ends with it, whatever way it goes: at the runner's time limit, by an error, by kill -9. A shell waits for the
 * end of the pipe that only this process holds, and then runs what was noted. It ends processes that stand still too, and servers that are
 * nobody's children; to ask a process to watch for its parent would end neither.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/** Reads lines of a number and a command, a number alone takes it back. */
const keeper = `
while read -r number command; do eval "c$number=\\$command"; [ "$number" -le "\${most:-0}" ] || most=$number; done
number=1
while [ "$number" -le "\${most:-0}" ]; do eval "command=\\$c$number"; eval "$command"; number=$((number + 1)); done
`

let pipe: Socket | undefined
let noted = 0

function begin(): Socket {
  // in a session of its own: a signal of the terminal is not for it
  const child = spawn('/bin/sh', ['-c', keeper], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.unref()
  const stdin = child.stdin as Socket
  stdin.unref()
  return stdin
}

/** Runs this line of shell when this process has ended. → it is not needed any more */
export function whenWeEnd(command: string): () => void {
  pipe ??= begin()
  const number = ++noted
  pipe.write(`${number} ${command}\n`)
  return () => void pipe!.write(`${number}\n`)
}

/** The child ends with this process. */
export function endsWithUs<C extends ChildProcess>(child: C): C {
  if (child.pid !== undefined) child.once('exit', whenWeEnd(`kill -9 ${child.pid}`))
  return child
}
