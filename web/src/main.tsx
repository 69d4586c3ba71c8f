import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, preparePage } from './app/App';
import { applyTheme } from './app/settings';
import './styles/index.css';

applyTheme();
preparePage(window.location);
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
