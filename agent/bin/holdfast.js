#!/usr/bin/env node
// Finds a Node that can run the agent and hands over to it. Plain JavaScript that Node 20 understands, and nothing but built-ins:
// it runs before anything is known to be installed. hub/bin/holdfast-hub.js is the same but for the constants.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const program = 'holdfast'
const oldestNode = [22, 17]
// Node's own WebSocket would load all of its fetch with the first http module: 3 MB that an idle agent has no use for.
// V8 takes memory that lies outside of its heap for a reason to collect, and a backup or restore passes gigabytes of it: with marking beside the work
// that was 20 times a second. Without, it waits longer and then stops the thread for some 10 ms, with the heaps of an agent; a restore of large files
// takes a fifth less of the processor (5.0 s became 4.1; 2 cores, Node 24.21, 2026-11-22), a backup the same as before.
// A machine with little memory gives the processor for it: V8 collects early.
const isSmall = process.env.HOLDFAST_MEMORY === 'small'
const nodeFlags = ['--no-experimental-websocket', isSmall ? '--optimize-for-size' : '--no-incremental-marking']
// glibc reads these before the program, and so before its settings, is there. Left to itself it raises its threshold to 32 MB with the first pack, and keeps
// what lies below: 100 MiB. With a threshold of one's own it gives back whatever is free at an end of its heaps, which comes again page by page with the next
// segment, unless that is told too: a fifth of the CPU with large files (docs/performance.md). On a machine with little memory it keeps nothing.
const smallLibrary = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144' }
const usualLibrary = { MALLOC_MMAP_THRESHOLD_: '4194304', MALLOC_TRIM_THRESHOLD_: '16777216' }
const environment = isSmall ? smallLibrary : usualLibrary
const packageFolder = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

function versionOf(text) {
  const [major = 0, minor = 0] = text.split('.').map(Number)
  return [major, minor]
}

const isAtLeast = ([major, minor], [wantedMajor, wantedMinor]) => major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)

/** This Node if it is new enough, else the one that npm brought. */
function findNode() {
  const own = versionOf(process.versions.node)
  if (isAtLeast(own, oldestNode)) return { file: process.execPath, version: own }
  const isWindows = process.platform === 'win32'
  const packageName = `node-${isWindows ? 'win' : process.platform}-${process.arch}`
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`)
    const file = path.join(path.dirname(manifest), 'bin', isWindows ? 'node.exe' : 'node')
    if (existsSync(file)) return { file, version: versionOf(createRequire(import.meta.url)(manifest).version) }
  } catch {
    // Not installed: told below, like a package without its program.
  }
  fail(
    `${program} needs Node ${oldestNode.join('.')} or newer. This is Node ${process.versions.node}, and the package ${packageName}, which brings a newer one, is not installed.\n` +
      `Run \`npm install --include=optional\`, or install a newer Node from https://nodejs.org, then try again.`,
  )
}

/** The sources where they are (a clone), else what was built from them (a package). */
function findEntry(nodeVersion) {
  const source = path.join(packageFolder, 'src', 'main.ts')
  if (existsSync(source)) return { file: source, flags: ['-C', '@holdfast/source', ...typeStrippingFlags(nodeVersion)] }
  const built = path.join(packageFolder, 'dist', 'main.js')
  if (existsSync(built)) return { file: built, flags: [] }
  fail(`${program} is not complete: neither ${source} nor ${built} is there.\nInstall it again.`)
}

/** Node 22 strips types on request up to 22.17, says that this is experimental up to its end; Node 24 just does it. */
function typeStrippingFlags(version) {
  if (isAtLeast(version, [24, 0])) return []
  return [...(isAtLeast(version, [22, 18]) ? [] : ['--experimental-strip-types']), '--disable-warning=ExperimentalWarning']
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** Where the system cannot replace a running program, stays as its parent: passes signals on and ends as it ends. */
function runAsChild(file, args) {
  // The channel carries no messages: its end tells the child that this process is gone, also by kill -9.
  const child = spawn(file, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], windowsHide: true })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => fail(`${program} could not be started with ${file}: ${error.message}`))
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const one of signals) process.removeAllListeners(one)
    process.kill(process.pid, signal)
  })
}

// What Node has compiled (and stripped of types) is kept: half the time of a start, and 35 MB less memory from the second one on. Where the
// folder cannot be written Node goes on without.
process.env.NODE_COMPILE_CACHE ??= path.join(packageFolder, 'node_modules', '.cache', 'node-compile')
for (const [name, value] of Object.entries(environment)) process.env[name] ??= value

const node = findNode()
const entry = findEntry(node.version)
const args = [...nodeFlags, ...entry.flags, entry.file, ...process.argv.slice(2)]
if (typeof process.execve === 'function' && process.platform !== 'win32') process.execve(node.file, [node.file, ...args], process.env)
else runAsChild(node.file, args)
