function __ncloud-reissue_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __ncloud-reissue_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __ncloud-reissue_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __ncloud-reissue_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __ncloud-reissue_parse_tokens -S
    set -l unparsed_tokens (__ncloud-reissue_tokens -pc)
    switch $unparsed_tokens[1]
    case 'ncloud-reissue'
        __ncloud-reissue_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'run'
            __ncloud-reissue_parse_subcommand 0 'event=' 'event-env=+' 'event-field=+' 'max-event-bytes=' 'stream' 't/template=+' 'templates=' 'var=+' 'dry-run' 'force' 'follow=' 'detailed-exitcode' 'ledger=' 'parallel=' 'follow-deadline=' 'result-file=' 'endpoint=' 'profile=' 'ca-file=' 'timeout=' 'deadline=' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
        case 'render'
            __ncloud-reissue_parse_subcommand 0 'explain' 'event=' 'event-env=+' 'event-field=+' 'max-event-bytes=' 'stream' 't/template=+' 'templates=' 'var=+' 'deadline=' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
        case 'eval'
            __ncloud-reissue_parse_subcommand 1 'ast' 'functions' 'item=' 'json' 'event=' 'event-env=+' 'event-field=+' 'max-event-bytes=' 't/template=+' 'templates=' 'var=+' 'deadline=' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
        case 'check'
            __ncloud-reissue_parse_subcommand -r 1 'json' 't/template=+' 'templates=' 'var=+' 'deadline=' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
        case 'certificates'
            __ncloud-reissue_parse_subcommand 0 'json' 'inventory' 'endpoint=' 'profile=' 'ca-file=' 'timeout=' 'deadline=' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
        case 'follow'
            __ncloud-reissue_parse_subcommand -r 1 'wait' 'detailed-exitcode' 'ledger=' 'parallel=' 'follow-deadline=' 'result-file=' 'endpoint=' 'profile=' 'ca-file=' 'timeout=' 'deadline=' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
        case 'ledger'
            __ncloud-reissue_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'list'
                __ncloud-reissue_parse_subcommand 0 'state=+' 'older-than=' 'ledger=' 'profile=' 'json' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
            case 'show'
                __ncloud-reissue_parse_subcommand 1 'ledger=' 'profile=' 'json' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
            case 'forget'
                __ncloud-reissue_parse_subcommand 1 'yes' 'ledger=' 'profile=' 'json' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
            case 'settle'
                __ncloud-reissue_parse_subcommand 1 'carried-out' 'not-carried-out' 'new-number=' 'yes' 'ledger=' 'profile=' 'json' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
            case 'check'
                __ncloud-reissue_parse_subcommand 0 'ledger=' 'profile=' 'json' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
            case 'prune'
                __ncloud-reissue_parse_subcommand 0 'older-than=' 'ledger=' 'profile=' 'json' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
            end
        case 'doctor'
            __ncloud-reissue_parse_subcommand 0 'json' 'templates=' 'ledger=' 'endpoint=' 'profile=' 'ca-file=' 'timeout=' 'deadline=' 'pretty' 'log-level=' 'log-format=' 'config=' 'version' 'h/help'
        case 'cgi'
            __ncloud-reissue_parse_subcommand 0 'version' 'h/help'
        case 'help'
            __ncloud-reissue_parse_subcommand -r 1 'version'
        end
    end
end

function __ncloud-reissue_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __ncloud-reissue_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __ncloud-reissue_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __ncloud-reissue_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__ncloud-reissue_tokens -p)
    if test -z "$(__ncloud-reissue_tokens -t)"
        set -l index (count (__ncloud-reissue_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'ncloud-reissue' -f
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'run' -d 'Read an event, ask for its reissues once, write the result (the default).'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'render' -d 'Show the parameters that an event gives, without ledger or network.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'eval' -d 'Evaluate one expression against an event, as a template would.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'check' -d 'Find everything that is wrong with templates, and run their own tests.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'certificates' -d 'List the account\'s Advanced certificates with order, state and days left.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'follow' -d 'Show what became of accepted reissues, and bring their chains to the store.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'ledger' -d 'Look into the memory of earlier requests, and mend it.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'doctor' -d 'Look at everything that a run needs: one line each, ok or the mend.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'cgi' -d 'Do the main job for a web server, which posts the event (CGI, RFC 3875).'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" event' -l 'event' -d 'Read the event from this file instead of standard input.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run"' -l 'event-env' -d 'Take the variables that begin so as the event; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run"' -l 'event-field' -d 'Add a member to the event; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" max-event-bytes' -l 'max-event-bytes' -d 'Refuse a larger event (8388608).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" stream' -l 'stream' -d 'Read any number of events, and write a line for each.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run"' -s 't' -l 'template' -d 'Use this template, by name or file; may be given again. The first whose \'when\' is true acts.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" templates' -l 'templates' -d 'Look for templates in this folder.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run"' -l 'var' -d 'Give templates $vars.NAME; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" dry-run' -l 'dry-run' -d 'Do everything but claim and send.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" force' -l 'force' -d 'Send for one item in spite of an earlier accepted or refused request.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" follow' -l 'follow' -d 'Follow accepted requests: none, dns or issued (dns).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" detailed-exitcode' -l 'detailed-exitcode' -d 'Exit 2 if at least one certificate was reissued, 0 if there was nothing to do.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" ledger' -l 'ledger' -d 'Remember requests in sqlite:PATH or etcd://HOST:PORT/PREFIX; none forgets.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" parallel' -l 'parallel' -d 'Make up to n calls at once, 64 at most (4).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" follow-deadline' -l 'follow-deadline' -d 'Wait so long for what is to be issued (30m).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" result-file' -l 'result-file' -d 'Append the result to this file as one line.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" endpoint' -l 'endpoint' -d 'Call this origin instead of the public zone\'s.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" ca-file' -l 'ca-file' -d 'Trust the certificate authorities of this file only.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" timeout' -l 'timeout' -d 'Wait so long for one call (30s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" deadline' -l 'deadline' -d 'End the run after this time, waiting for issue aside (60s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue run" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" explain' -l 'explain' -d 'Tell which templates were tried, and for every parameter the expressions it came from and the values of the event that they read.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" event' -l 'event' -d 'Read the event from this file instead of standard input.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render"' -l 'event-env' -d 'Take the variables that begin so as the event; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render"' -l 'event-field' -d 'Add a member to the event; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" max-event-bytes' -l 'max-event-bytes' -d 'Refuse a larger event (8388608).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" stream' -l 'stream' -d 'Read any number of events, and write a line for each.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render"' -s 't' -l 'template' -d 'Use this template, by name or file; may be given again. The first whose \'when\' is true acts.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" templates' -l 'templates' -d 'Look for templates in this folder.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render"' -l 'var' -d 'Give templates $vars.NAME; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" deadline' -l 'deadline' -d 'End after this time (60s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue render" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" ast' -l 'ast' -d 'Print the tree of the expression and read no event.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" functions' -l 'functions' -d 'List the functions, or explain one, and read no event.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" item' -l 'item' -d 'Evaluate for this item of the template, from 0.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" json' -l 'json' -d 'Write errors as JSON on standard output, and --functions too.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" event' -l 'event' -d 'Read the event from this file instead of standard input.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval"' -l 'event-env' -d 'Take the variables that begin so as the event; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval"' -l 'event-field' -d 'Add a member to the event; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" max-event-bytes' -l 'max-event-bytes' -d 'Refuse a larger event (8388608).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval"' -s 't' -l 'template' -d 'Use this template, by name or file; may be given again. The first whose \'when\' is true acts.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" templates' -l 'templates' -d 'Look for templates in this folder.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval"' -l 'var' -d 'Give templates $vars.NAME; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" deadline' -l 'deadline' -d 'End after this time (60s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue eval" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" json' -l 'json' -d 'Write the report as JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check"' -s 't' -l 'template' -d 'Use this template, by name or file; may be given again. The first whose \'when\' is true acts.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" templates' -l 'templates' -d 'Look for templates in this folder.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check"' -l 'var' -d 'Give templates $vars.NAME; may be given again.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" deadline' -l 'deadline' -d 'End after this time (60s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue check" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" json' -l 'json' -d 'Write the list as JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" inventory' -l 'inventory' -d 'Write an inventory for templates: domain, number, name, names.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" endpoint' -l 'endpoint' -d 'Call this origin instead of the public zone\'s.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" ca-file' -l 'ca-file' -d 'Trust the certificate authorities of this file only.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" timeout' -l 'timeout' -d 'Wait so long for one call (30s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" deadline' -l 'deadline' -d 'End the run after this time, waiting for issue aside (60s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue certificates" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" wait' -l 'wait' -d 'Look again until everything is issued or given up.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" detailed-exitcode' -l 'detailed-exitcode' -d 'Exit 2 while something is pending.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" ledger' -l 'ledger' -d 'Remember requests in sqlite:PATH or etcd://HOST:PORT/PREFIX; none forgets.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" parallel' -l 'parallel' -d 'Make up to n calls at once, 64 at most (4).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" follow-deadline' -l 'follow-deadline' -d 'Wait so long for what is to be issued (30m).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" result-file' -l 'result-file' -d 'Append the result to this file as one line.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" endpoint' -l 'endpoint' -d 'Call this origin instead of the public zone\'s.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" ca-file' -l 'ca-file' -d 'Trust the certificate authorities of this file only.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" timeout' -l 'timeout' -d 'Wait so long for one call (30s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" deadline' -l 'deadline' -d 'End the run after this time, waiting for issue aside (60s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue follow" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue ledger" -eq 1' -fa 'list' -d 'List the records, the latest change first.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue ledger" -eq 1' -fa 'show' -d 'Show all that is known of one certificate\'s order.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue ledger" -eq 1' -fa 'forget' -d 'Forget a record: the next event asks again at once.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue ledger" -eq 1' -fa 'settle' -d 'Say what became of an unknown request, after a look into the console.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue ledger" -eq 1' -fa 'check' -d 'Exit 1 if something is unknown, stuck or failed its validation.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_positional "ncloud-reissue ledger" -eq 1' -fa 'prune' -d 'Forget settled history; nothing claimed, unknown or accepted goes.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list"' -l 'state' -d 'Only these: claimed, unknown, accepted, issued, validation-failed, refused, none.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" older-than' -l 'older-than' -d 'Only what changed last before so long ago.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" ledger' -l 'ledger' -d 'The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" json' -l 'json' -d 'Write JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" ledger' -l 'ledger' -d 'The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" json' -l 'json' -d 'Write JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" yes' -l 'yes' -d 'Do not ask.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" ledger' -l 'ledger' -d 'The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" json' -l 'json' -d 'Write JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger forget" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" carried-out' -l 'carried-out' -d 'The service did it: hold repeated events back from now on.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" not-carried-out' -l 'not-carried-out' -d 'The service did not: the next event asks again.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" new-number' -l 'new-number' -d 'With --carried-out: the new certificate\'s number.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" yes' -l 'yes' -d 'Do not ask.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" ledger' -l 'ledger' -d 'The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" json' -l 'json' -d 'Write JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger settle" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" ledger' -l 'ledger' -d 'The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" json' -l 'json' -d 'Write JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger check" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" older-than' -l 'older-than' -d 'Forget what changed last before so long ago, 30d or more.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" ledger' -l 'ledger' -d 'The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" json' -l 'json' -d 'Write JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue ledger prune" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" json' -l 'json' -d 'Write JSON.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" templates' -l 'templates' -d 'Look for templates in this folder.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" ledger' -l 'ledger' -d 'The ledger: sqlite:PATH or etcd://HOST:PORT/PREFIX.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" endpoint' -l 'endpoint' -d 'Call this origin instead of the public zone\'s.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" profile' -l 'profile' -d 'Use this profile of ~/.ncloud/configure.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" ca-file' -l 'ca-file' -d 'Trust the certificate authorities of this file only.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" timeout' -l 'timeout' -d 'Wait so long for one call (30s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" deadline' -l 'deadline' -d 'End the run after this time, waiting for issue aside (60s).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" pretty' -l 'pretty' -d 'Lay the document out over several lines.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" log-level' -l 'log-level' -d 'Write so much to standard error: error, warning, info, debug, trace (warning).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" log-format' -l 'log-format' -d 'Write standard error as text or json (text).' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" config' -l 'config' -d 'Read this configuration file.' -rfka ''
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue doctor" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue cgi" version' -l 'version' -d 'Show the version.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue cgi" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'ncloud-reissue' -n '__ncloud-reissue_should_offer_completions_for_flags_or_options "ncloud-reissue help" version' -l 'version' -d 'Show the version.'
