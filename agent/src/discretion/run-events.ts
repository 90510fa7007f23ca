/**
 * What runs note in their log, each with the words for a hub that may hear no names: fixed ones, for a message that counts or quotes could hold
 * part of a path. The log on the device has the message itself.
 */
export const runEvents = {
  'audit.started': 'Reading all lists of the snapshot, and asking for every piece that they name.',
  'backup.base-read': 'Reading what the last snapshot holds of deleted files.',
  'backup.deleted-kept': 'Deleted files are kept. The result says how many.',
  'backup.deleted-replaced': 'Something that was deleted cannot be kept: something else has its name now.',
  'backup.left-out': 'Rules left something out. The result says how much.',
  'backup.started': 'Reading the sources.',
  'backup.vanished': 'Something was gone when the backup came to it. The log on the device says how much.',
  'catalogue.damaged': 'What the last backup knew cannot be used; all files are read again.',
  'catalogue.not-written': 'What this backup knows could not be kept; the next one reads all files again.',
  'catalogue.outdated': 'The last snapshot of these sources is not in the vault any more; all files are read again.',
  'drill.started': 'Restoring a random sample to a place of the agent\u2019s own, to see that it can be.',
  'files.read-again': 'Reading unchanged files again: the vault has lost pieces of them.',
  'index.reading': 'Looking where everything lies.',
  'index.unwritable': 'The index does not fit into the folder for temporary files: it takes memory instead.',
  'native.unavailable': 'The native part of the agent does not load on the device.',
  'restore.started': 'Restoring what was chosen.',
  'run.ended': 'The run ended.',
  'run.going-on': 'The hub stores again: going on.',
  'run.waiting': 'Waiting until the hub can store again.',
  'run.warning': 'Something did not go as it should. The log on the device says what and where.',
  'scratch.unwritable': 'Nothing more can be put into the agent\u2019s state folder; this backup takes more memory.',
  'snapshot.rewritten': 'The hub wrote this snapshot anew, with less in it than the device backed up.',
  'verify.started': 'Reading back the whole snapshot.',
  'warnings.bounded': 'There are very many warnings: the others are only counted.',
} as const

/** A note that is not in the table does not compile: the door would not know what may be said of it. */
export type RunEvent = keyof typeof runEvents

const unknownEvent = { event: 'run.note', message: 'The run noted something. The log on the device has it.' } as const

/** What a hub is told of a note: its kind, and nothing that it quotes. */
export const namelessNote = (event: string): { readonly event: string; readonly message: string } =>
  isRunEvent(event) ? { event, message: runEvents[event] } : unknownEvent

const isRunEvent = (event: string): event is RunEvent => Object.hasOwn(runEvents, event)
