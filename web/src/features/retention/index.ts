/** Rules of plans: written, tried before they are saved, told in words; why snapshots stay, and what waits for a word. */
export { keptForText, useKeptFor } from './kept-for.ts'
export { keepsLess, keptRules, rulesMistake, standardMinimumAgeDays, textOfRules } from './retention-rules.ts'
export { rulesInShort } from './rules-in-words.ts'
export { useRetentionWaits } from './waits.store.ts'
export { default as RetentionForm } from './RetentionForm.vue'
export { default as RetentionPreviewBox } from './RetentionPreviewBox.vue'
export { default as VersionLimitBox } from './VersionLimitBox.vue'
export { default as RetentionWaitNote } from './RetentionWaitNote.vue'
