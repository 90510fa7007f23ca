/** What is wrong with what a vault holds. */
export { vaultTrouble } from './vault-trouble.ts'
