/** Of snapshots that are written anew with less in them; part of the registry. */
export const rewritingErrors = {
  'snapshot.rewritten-refused': {
    category: 'forbidden',
    title: 'The hub wrote this snapshot anew, and this device takes none of these.',
    cure: 'Choose another snapshot, or allow it on the device with HOLDFAST_REWRITTEN_SNAPSHOTS=accept.',
  },
  'snapshot.rewriting-unsafe': {
    category: 'precondition',
    title: 'A snapshot cannot be written anew now.',
    cure: 'Do what the message says; nothing was removed.',
  },
  'vault.rewriting-impossible': {
    category: 'unsupported',
    title: 'The hub cannot write snapshots of a private vault anew: it does not have its keys.',
    cure: 'Delete the snapshots that hold what shall leave.',
  },
  'purge.not-found': { category: 'not-found', title: 'There is no such purge.', cure: 'List them with `holdfast-hub purge --list`.' },
} as const
