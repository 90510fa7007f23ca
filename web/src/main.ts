import './main.css'
import ui from '@nuxt/ui/vue-plugin'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, startLanguage } from './platform/i18n/text.ts'
import { watchInstallOffer } from './platform/pwa/app-install.ts'
import { startAppUpdates } from './platform/pwa/app-update.ts'
import { createConsoleRouter } from './router.ts'
import { startAppearance } from './ui/appearance.ts'

startAppearance()
watchInstallOffer()
startAppUpdates()
await startLanguage()
createApp(App).use(createPinia()).use(i18n).use(createConsoleRouter()).use(ui).mount('#app')
