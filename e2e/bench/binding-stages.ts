const hubGrows =
  'the hub is one process for all steps, and what V8’s heap has grown to in the first backup it does not give back; of each blob it keeps 2 bytes. Tried: the index in files, a small young generation, sockets that give memory back as they go.'

/**
 * What keeps the work of each target that was missed from being faster or smaller, and what was tried; the figures are in docs/performance.md. By the name of
 * the target, for missed ones only. As `--stages` told it on two cores with SHA instructions, 2026-11-22: who changes the work asks again.
 */
export const bindingStages: Readonly<Record<string, string>> = {
  'linux: first backup':
    'reading, hashing, compressing and sealing, half of all CPU; a program that does nothing else (`read and seal`) takes more than half of the time. Tried: sizes, threads, zstd’s settings, V8’s compilers and collectors, glibc’s thresholds.',
  'linux: unchanged backup':
    'starting the command line (0.25 s) and V8’s helper threads, half of all CPU; walking is as much as rsync takes in all. Tried: fewer modules (0.1 s, a matter of packaging), V8’s compilers, a kept compile cache.',
  'linux: restore':
    'writing, which is what `cp -a` takes in all, then verifying, opening and decompressing on the same two cores. Tried: sizes of reads, threads, fewer calls for each file, buffers that give their memory back.',
  'large: first backup':
    'compressing, hashing and cutting, on two cores; the hub, which receives and checks what one program would write by itself, takes a fifth of all CPU.',
  'large: unchanged backup': 'starting the command line (0.25 s), and three processes that speak to each other.',
  'large: restore':
    'content goes from the hub to the agent by HTTP, 2.8 of 7.6 s of CPU, where one program reads its repository itself; the rest is as much as restic takes. Tried: larger reads, one thread for opening, Node’s own HTTP client (no quicker), glibc’s thresholds (a fifth less CPU), V8’s marking.',
  'maildir: restore': 'as of linux; the start of the command line (0.5 s of CPU) is a sixth of it. Tried: what was tried there.',
  'postgres: first backup':
    'the start of the command line and three processes that speak to each other, half a second of two and a half, and hashing as a second pass, where borg takes one; of 371 MiB a third is left to be compressed.',
  'postgres: restore': 'as of large, with the start of the command line as a quarter of it.',
  'photos: first backup':
    'nothing compresses, so that cutting, hashing and sealing are left, and the hub, which receives and checks every byte a second time, takes a quarter of all CPU. Tried: a probe that leaves such content alone, as it now does.',
  'photos: restore': 'as of large: every byte goes from the hub to the agent by HTTP.',
  'vm: restore': 'as of large.',
  'tiny: first backup':
    'the system’s calls for each file (open, stat, read, close) and what each costs in JavaScript. Tried: calls without Node’s wrappers, bundles, what is kept for each file.',
  'tiny: memory of the agent, first backup':
    'open packs and V8’s heaps of five threads. Tried: what is known of each new blob in a file (50 bytes a blob became 10 to 12), smaller heaps, glibc’s thresholds.',
  'scale: first backup, memory of the hub': hubGrows,
  'scale: unchanged backup, memory of the hub': hubGrows,
  'scale: restore, memory of the hub': hubGrows,
}
