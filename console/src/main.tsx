import './styles/tokens.css'
import './styles/base.css'
import './styles/layout.css'
import './styles/controls.css'
import './styles/data.css'
import './styles/feedback.css'
import './styles/views.css'
import './styles/narrow.css'
import './styles/shell.css'
import './styles/pages.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { api, queries } from './lib/api.ts'
import { signedIn, signedOut } from './lib/session.ts'
import { App } from './shell/app.tsx'
import './lib/theme.ts'

// asked for before the page is drawn: what it shows first depends on it
void api('GET /session').then(signedIn, signedOut)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
)
