import type { ErrorSpec } from './error-spec.ts'
import { privateVaultErrors } from './private-vault-errors.ts'
import { rewritingErrors } from './rewriting-errors.ts'

export type { ErrorSpec }

/** Every code that may cross a process. Codes are stable: scripts and translations key on them. */
export const errorRegistry = {
  'request.invalid': {
    category: 'invalid-input',
    title: 'The request does not match the contract.',
    cure: 'Correct the named fields; /api/docs shows the contract.',
  },
  'request.too-large': { category: 'invalid-input', title: 'The request is larger than this call accepts.', cure: 'Send less at once.' },
  'request.not-found': {
    category: 'not-found',
    title: 'There is nothing at this address.',
    cure: 'Check the address; /api/docs lists all calls.',
  },
  'request.cross-origin': {
    category: 'forbidden',
    title: 'A page of another site sent this request.',
    cure: 'Open the console at its own address.',
  },
  'sign-in.required': { category: 'unauthenticated', title: 'You are not signed in.', cure: 'Sign in and try again.' },
  'sign-in.failed': { category: 'unauthenticated', title: 'E-mail or password is wrong.', cure: 'Check both and try again.' },
  'sign-in.link-invalid': {
    category: 'unauthenticated',
    title: 'This sign-in link was used already or has expired.',
    cure: 'Ask an administrator for a new link, or run `holdfast-hub sign-in-link` where the hub runs.',
  },
  'sign-in.throttled': { category: 'rate-limited', title: 'Too many sign-ins failed.', cure: 'Wait a few minutes and try again.' },
  'access.denied': { category: 'forbidden', title: 'You may not do this.', cure: 'Ask an administrator.' },
  'access.throttled': {
    category: 'rate-limited',
    title: 'Too many requests in a short time.',
    cure: 'Wait as long as `Retry-After` says, then go on more slowly.',
  },
  'account.not-found': { category: 'not-found', title: 'There is no such account.', cure: 'Check the id or e-mail address.' },
  'account.disabled': { category: 'forbidden', title: 'This account is disabled.', cure: 'Ask an administrator to enable it.' },
  'account.last-admin': {
    category: 'precondition',
    title: 'This is the last administrator.',
    cure: 'Make somebody else an administrator first.',
  },
  'sign-in.not-found': { category: 'not-found', title: 'There is no such sign-in.', cure: 'It may have ended already.' },
  'token.invalid': {
    category: 'unauthenticated',
    title: 'The API token is unknown, expired or revoked.',
    cure: 'Make a new one, and give it to the program that uses it.',
  },
  'token.not-found': { category: 'not-found', title: 'There is no such API token.', cure: 'Check the id.' },
  'token.scope-too-small': {
    category: 'forbidden',
    title: 'The API token was not made for this.',
    cure: 'Use a token of a wider scope.',
  },
  'token.scope-too-wide': {
    category: 'forbidden',
    title: 'An API token may not do more than its owner.',
    cure: 'Choose a smaller scope, or ask an administrator for another role.',
  },
  'account.email-taken': { category: 'conflict', title: 'Another account has this e-mail address.', cure: 'Choose another address.' },
  'enrolment.token-invalid': {
    category: 'unauthenticated',
    title: 'The enrolment token is unknown, used or expired.',
    cure: 'Make a new token on the hub: each works once and for a limited time.',
  },
  'agent.not-found': {
    category: 'not-found',
    title: 'There is no such device.',
    cure: 'Check the id; `holdfast status` shows this machine\u2019s.',
  },
  'agent.not-enrolled': {
    category: 'precondition',
    title: 'This machine is not enrolled at a hub.',
    cure: 'Run `holdfast enrol HUB_URL --token TOKEN`.',
  },
  'agent.already-enrolled': {
    category: 'conflict',
    title: 'This machine is enrolled already.',
    cure: 'Use another HOLDFAST_AGENT_HOME, or remove the existing one to enrol anew.',
  },
  'agent.identity-invalid': {
    category: 'unauthenticated',
    title: 'The agent could not prove its identity.',
    cure: 'Check both clocks; if the agent\u2019s key was lost, enrol it again.',
  },
  'agent.revoked': {
    category: 'forbidden',
    title: 'This device was removed from the hub.',
    cure: 'If it should come back, enrol it anew as another device: stop its agent, remove its HOLDFAST_AGENT_HOME, then run `holdfast enrol`.',
  },
  'agent.ambiguous': {
    category: 'invalid-input',
    title: 'More than one device has this name.',
    cure: 'Give its id.',
  },
  'agent.not-revoked': { category: 'precondition', title: 'The device is still in use.', cure: 'Revoke it first.' },
  'agent.has-snapshots': {
    category: 'precondition',
    title: 'The hub keeps snapshots of this device.',
    cure: 'Leave it as it is: a revoked device does nothing any more, and its snapshots need its name.',
  },
  'agent.busy': {
    category: 'conflict',
    title: 'Another Holdfast process works with this agent\u2019s state.',
    cure: 'Wait for it to end; `holdfast status` names it.',
  },
  'agent.offline': {
    category: 'unavailable',
    title: 'The device is not connected.',
    cure: 'Start its agent (`holdfast run`) and check its network.',
  },
  'agent.replaced': {
    category: 'conflict',
    title: 'Another link with this agent\u2019s identity took over.',
    cure: 'Run one agent per identity; a copied machine must be enrolled anew.',
  },
  'agent.outdated': {
    category: 'unsupported',
    title: 'The device\u2019s agent does not understand what it was asked to do.',
    cure: 'Update Holdfast on the device to the version of the hub, then start the run again.',
  },
  'protocol.unsupported': {
    category: 'unsupported',
    title: 'Agent and hub do not speak a common protocol version.',
    cure: 'Update the older side.',
  },
  'protocol.invalid-message': {
    category: 'invalid-input',
    title: 'A message does not match the protocol.',
    cure: 'Update the older side; report it if both are current.',
  },
  'run.not-found': { category: 'not-found', title: 'There is no such run.', cure: 'Check the id.' },
  'run.already-active': {
    category: 'conflict',
    title: 'A run of the same kind and source is active already.',
    cure: 'Wait for it or cancel it.',
  },
  'run.already-finished': { category: 'conflict', title: 'The run has ended already.', cure: 'Nothing is needed.' },
  'run.fence-stale': {
    category: 'conflict',
    title: 'The hub gave this run to nobody or to a newer attempt.',
    cure: 'Nothing is needed: what was stored speeds up the next run.',
  },
  'run.cancelled': { category: 'cancelled', title: 'The run was cancelled.', cure: 'Start it again when you like.' },
  'run.expired': {
    category: 'unavailable',
    title: 'The run showed no progress for its whole lease.',
    cure: 'Check the device and its network, then run it again.',
  },
  'run.agent-lost': {
    category: 'unavailable',
    title: 'The agent was restarted while the run was in its hands.',
    cure: 'Run it again: what was stored already is not sent twice.',
  },
  'run.nothing-to-back-up': {
    category: 'precondition',
    title: 'None of the sources could be read.',
    cure: 'Check that they exist and that the agent may read them.',
  },
  'run.superseded': {
    category: 'cancelled',
    title: 'Another run for the same work waits already and takes its place.',
    cure: 'Nothing is needed.',
  },
  'run.timed-out': {
    category: 'unavailable',
    title: 'The run took longer than its plan allows.',
    cure: 'Nothing stored is lost: the next run goes on from there. Give the plan more time if this happens again.',
    exit: 1,
  },
  'run.not-running': {
    category: 'conflict',
    title: 'The run is not at work.',
    cure: 'Only a run that works on its device can rest; cancel one that waits.',
  },
  'run.shrunk': {
    category: 'precondition',
    title: 'The backup is much smaller than the last good one.',
    cure: 'Look whether a disk is missing or files were deleted. If it is meant so, accept the new size on the plan.',
  },
  'plan.not-found': { category: 'not-found', title: 'There is no such plan.', cure: 'List them with `holdfast plans`.' },
  'plan.name-taken': { category: 'conflict', title: 'The device has another plan of this name.', cure: 'Choose another name.' },
  'plan.changed': {
    category: 'conflict',
    title: 'Somebody else has changed the plan meanwhile.',
    cure: 'Load it again and repeat your change.',
  },
  'plan.disabled': { category: 'precondition', title: 'The plan is switched off.', cure: 'Switch it on to run it.' },
  'source.not-found': { category: 'not-found', title: 'A source does not exist on the device.', cure: 'Check the path.' },
  'source.unreadable': {
    category: 'forbidden',
    title: 'The agent may not read this.',
    cure: 'Run the agent with the rights it needs, or exclude it.',
  },
  'source.io-error': {
    category: 'unavailable',
    title: 'The device could not read this from its disk.',
    cure: 'Check the disk\u2019s health.',
  },
  'source.changed': {
    category: 'conflict',
    title: 'The file changed while it was read.',
    cure: 'Nothing is needed if the next run catches it; else back it up while it is quiet.',
  },
  'source.unsupported': { category: 'unsupported', title: 'Something about this entry cannot be kept.', cure: 'See the message.' },
  'host.not-answering': {
    category: 'unavailable',
    title: 'The disk or network share behind this place does not answer.',
    cure: 'Check the mount on the device (a server that is away?), or choose another folder.',
  },
  'host.not-a-folder': { category: 'invalid-input', title: 'This is not a folder.', cure: 'Choose a folder.' },
  'measurement.not-found': {
    category: 'not-found',
    title: 'There is no such measurement, or not any more.',
    cure: 'Start a new one: they end when nobody looks at them for a minute.',
  },
  'measurement.too-many': {
    category: 'conflict',
    title: 'The device counts for others already.',
    cure: 'Wait until one of the two measurements is done.',
  },
  'live.sequence-gone': {
    category: 'conflict',
    title: 'The events after this sequence are not kept any more.',
    cure: 'Load the state again and subscribe from its sequence.',
  },
  'session.not-found': { category: 'not-found', title: 'The backup session is unknown or closed.', cure: 'Start the backup again.' },
  'session.rejected': {
    category: 'conflict',
    title: 'The snapshot names segments that are not there.',
    cure: 'Run the backup again; it will send them.',
  },
  'vault.not-found': { category: 'not-found', title: 'There is no such vault.', cure: 'Check the id.' },
  'vault.wrong-key': {
    category: 'precondition',
    title: 'The key does not open this vault.',
    cure: 'Use the hub secret, passphrase or recovery key made for this vault.',
    exit: 12,
  },
  'vault.corrupt': {
    category: 'corrupt',
    title: 'Stored data is damaged.',
    cure: 'Run `holdfast-hub fsck`, and keep the store as it is until you know more.',
  },
  'vault.format-unsupported': {
    category: 'unsupported',
    title: 'The vault is of a format that this version cannot read.',
    cure: 'Use the version of Holdfast that wrote it, or a newer one; the vault is as it was.',
  },
  'vault.check-too-large': {
    category: 'precondition',
    title: 'The vault is too large to be checked beside the hub\u2019s work.',
    cure: 'Run `holdfast-hub fsck` at a quiet time, on a machine with enough memory.',
  },
  'vault.collection-unsafe': {
    category: 'precondition',
    title: 'The vault cannot be tidied up now without a risk.',
    cure: 'Do what the message says; nothing was removed.',
  },
  ...privateVaultErrors,
  'vault.locked': {
    category: 'precondition',
    title: 'The vault is in use by another hub.',
    cure: 'Stop the other hub, or give this one its own data folder.',
  },
  'pack.invalid': { category: 'invalid-input', title: 'The pack is not whole.', cure: 'Send it again.' },
  'pack.conflict': {
    category: 'conflict',
    title: 'Another pack with this id is stored already.',
    cure: 'Report this: pack ids are never used twice.',
  },
  'snapshot.not-found': { category: 'not-found', title: 'There is no such snapshot.', cure: 'List them with `holdfast snapshots`.' },
  'snapshot.held': {
    category: 'precondition',
    title: 'A snapshot is held: somebody said that it stays.',
    cure: 'Release it first.',
  },
  'snapshot.in-use': { category: 'precondition', title: 'A run reads this snapshot.', cure: 'Wait for the run to end, or cancel it.' },
  'snapshot.deletion-unconfirmed': {
    category: 'precondition',
    title: 'These snapshots are not deleted without a second word.',
    cure: 'Look at what would go, and confirm it.',
  },
  'snapshot.gone': {
    category: 'not-found',
    title: 'The snapshot was deleted, and its undo time is over.',
    cure: 'Restore from another one.',
  },
  'retention.outdated': {
    category: 'conflict',
    title: 'What waited for your word has changed meanwhile.',
    cure: 'Look at it again.',
  },
  ...rewritingErrors,
  'snapshot.ambiguous': {
    category: 'invalid-input',
    title: 'More than one snapshot fits.',
    cure: 'Give more of the id, or name the host with --host.',
  },
  'snapshot.path-not-found': {
    category: 'not-found',
    title: 'The snapshot holds nothing at this path.',
    cure: 'List what it holds with `holdfast ls`.',
  },
  'snapshot.zips-busy': {
    category: 'rate-limited',
    title: 'As many folders are being downloaded as the hub packs at once.',
    cure: 'Wait until one of the downloads is done, and try again.',
  },
  'snapshot.zip-too-large': {
    category: 'precondition',
    title: 'There are more files and folders in it than the hub packs into one zip.',
    cure: 'Download its folders one by one, or restore it to a device.',
  },
  'snapshot.zip-ticket-gone': {
    category: 'not-found',
    title: 'The hub does not remember any more what was chosen for this download.',
    cure: 'Choose the entries again and start the download anew.',
  },
  'snapshot.not-a-file': { category: 'invalid-input', title: 'This is not a regular file.', cure: 'Choose a file.' },
  'restore.target-invalid': {
    category: 'precondition',
    title: 'The target cannot be restored into.',
    cure: 'Choose an existing folder that the agent may write to.',
  },
  'restore.place-protected': {
    category: 'precondition',
    title: 'This place belongs to Holdfast itself and is never restored into.',
    cure: 'Choose another target.',
  },
  'restore.order-changed': {
    category: 'corrupt',
    title: 'The hub orders another restore than a person has sealed for this device.',
    cure: 'Order it again where the vault is unlocked. If that is refused too, look into the hub: it asks for what nobody chose.',
  },
  'restore.entry-failed': {
    category: 'unavailable',
    title: 'An entry could not be restored.',
    cure: 'See the message; run the restore again once it is mended.',
  },
  'store.unavailable': {
    category: 'unavailable',
    title: 'The object store does not answer.',
    cure: 'Check that it is mounted and reachable.',
  },
  'store.full': {
    category: 'quota',
    title: 'The object store has no space left.',
    cure: 'Free space or add some. Backups that wait for it go on by themselves; what failed is run again.',
  },
  'database.full': {
    category: 'quota',
    title: 'The disk of the hub\u2019s database is full.',
    cure: 'Make room on the disk of HOLDFAST_DATA. Backups that wait for it go on by themselves.',
  },
  'database.unavailable': {
    category: 'unavailable',
    title: 'The database does not answer.',
    cure: 'Check that Postgres runs and is reachable.',
  },
  'database.not-empty': {
    category: 'precondition',
    title: 'The database holds what a self-backup would replace.',
    cure: 'To throw away what it holds, add `--replace`. Nothing was changed.',
  },
  'self-backup.not-found': {
    category: 'not-found',
    title: 'There is no such self-backup.',
    cure: 'Those of the vault are shown by `holdfast-hub self-backup list`; `holdfast-hub rebuild` works without any.',
  },
  'hub.unreachable': {
    category: 'unavailable',
    title: 'The hub does not answer.',
    cure: 'Check its address, that it runs, and the network between.',
  },
  'hub.certificate-untrusted': {
    category: 'precondition',
    title: 'The hub\u2019s certificate is not trusted by this machine.',
    cure: 'Check the address. If the certificate comes from an authority of your own, enrol with `--ca FILE`, or add it to the system.',
  },
  'hub.overloaded': {
    category: 'unavailable',
    title: 'The hub has more messages in hand than it holds at once.',
    cure: 'Nothing is needed: the agent tells it again in a moment. If it stays, look at the hub\u2019s database and load.',
  },
  'hub.already-running': {
    category: 'conflict',
    title: 'Another hub uses this data folder.',
    cure: 'Stop it first, or set HOLDFAST_DATA to another folder.',
  },
  'settings.invalid': { category: 'invalid-input', title: 'The settings are not usable.', cure: 'Correct what is listed.' },
  'command.invalid': { category: 'invalid-input', title: 'The command was not understood.', cure: 'See `--help`.' },
  internal: { category: 'internal', title: 'Holdfast made a mistake.', cure: 'Try again; if it stays, report it with the request id.' },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof errorRegistry
