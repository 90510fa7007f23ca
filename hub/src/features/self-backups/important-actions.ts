/**
 * Done every day, and nothing of them is missed after a restore: they wait for the next self-backup. Whatever else the audit log names is worth one of its own, also
 * what nobody thought of here.
 */
const everyday: ReadonlySet<string> = new Set([
  'signIn',
  'signOut',
  'signInWithLink',
  'endMySignIn',
  'endMyOtherSignIns',
  'createSignInLink',
  'startRun',
  'startPlanRun',
  'cancelRun',
  'pauseRun',
  'resumeRun',
  'downloadFile',
  'prepareZip',
  'downloadZip',
  'listEntries',
  'startMeasurement',
  'cancelMeasurement',
  'previewDeletion',
  'startVaultCheck',
  'startCollection',
  'testStore',
  'testDatabase',
  'testRecoveryKey',
  'command:fsck',
  'command:gc',
  'command:hub.stop',
  'command:sign-in-link.create',
  'command:self-backup.make',
])

/** @param action as the audit log names it */
export const isImportant = (action: string): boolean => !everyday.has(action)
