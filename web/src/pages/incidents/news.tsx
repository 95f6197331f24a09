import { change } from '../../api/client';
import type { Incident } from '../../api/model';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { toast } from '../../parts/toast';

interface Props {
	incident: Incident;
	stack: string;
}

/** What the owner is told of those to come: each, or a second one in a day. */
export function News({ incident: i, stack }: Props) {
	const choose = (only_again: boolean): void => {
		change('POST', `stacks/${stack}/incidents/${i.id}/seen`, { only_again }).then(
			() => toast(t(only_again ? 'news.only_again_done' : 'news.each_done')),
			(e: Error) => toast(e.message, { tone: 'bad', icon: 'alert' }),
		);
	};
	return (
		<div class="actions">
			{i.only_again && <span class="small soft">{t('news.only_again_on')}</span>}
			<Button kind="quiet" onClick={() => choose(!i.only_again)}>
				{t(i.only_again ? 'news.each' : 'news.only_again')}
			</Button>
		</div>
	);
}
