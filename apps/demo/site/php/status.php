<?php

// Who answers, and where: what the start page shows of this application.

declare(strict_types=1);

require __DIR__ . '/common.php';

send_json(200, [
    'answeredBy' => answered_by(),
    'address' => $_SERVER['DEMO_ADDRESS'],
    'pid' => getmypid(),
    'processes' => processes(),
    'token' => $_SERVER['DEMO_TOKEN'],
]);
