import { render } from 'preact';
import { App } from './app';
import { applyTheme } from './parts/frame/theme';
import './styles/index.css';

applyTheme();
render(<App />, document.getElementById('app')!);
