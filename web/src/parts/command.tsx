import { t } from '../lang';
import { copyText } from './copy';
import { IconButton } from './button';
import { Icon } from './icon';
import { toast } from './toast';

interface Props {
	title: string;
	text: string;
	/** Folded until opened. */
	fold?: boolean;
}

/** A command to read or copy. */
export function Command({ title, text, fold }: Props) {
	const copy = () => void copyText(text).then(() => toast(t('copied')));
	const body = (
		<pre tabIndex={0} role="region" aria-label={title}>
			{text}
		</pre>
	);
	if (!fold)
		return (
			<div class="cmd">
				<div class="cmd-head">
					{title}
					<IconButton class="push" icon="copy" label={t('copy')} onClick={copy} />
				</div>
				{body}
			</div>
		);
	return (
		<details class="cmd">
			<summary>
				<Icon name="chevron" small class="chev" />
				{title}
			</summary>
			{body}
		</details>
	);
}
