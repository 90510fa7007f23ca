/** Words that a person has to keep: shown, printed, and asked for again. */
export { default as ConfirmWords } from './ConfirmWords.vue'
export { default as RecoveryWords } from './RecoveryWords.vue'
