<?php

// Ends the process that answers, after it has answered.

declare(strict_types=1);

require __DIR__ . '/common.php';

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    header('Allow: POST');
    send_json(405, ['error' => 'Use POST.']);
    return;
}
if (!is_same_origin()) {
    send_json(403, ['error' => 'The request comes from another site.']);
    return;
}
if (!has_token()) {
    send_json(403, ['error' => 'The header X-Demo-Token must hold the token of /php/status.php.']);
    return;
}

if (PHP_SAPI !== 'fpm-fcgi') {
    send_json(202, ['pid' => getmypid()]);
    // There is no process in WebAssembly: the Node program around it ends itself when this answer is out.
    post_message_to_js('end');
    return;
}
send_json(202, ['pid' => getmypid()]);
fastcgi_finish_request();
// Some distributions keep the posix functions in a package of their own; every shell can do the same.
function_exists('posix_kill') ? posix_kill(getmypid(), 9) : exec('kill -9 ' . getmypid());
