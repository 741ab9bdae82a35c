# frozen_string_literal: true

# Starts lam's Ruby bootstrap: `ruby --disable=gems,rubyopt -EUTF-8 main.rb`, Ruby 3.1 or newer. Without RubyGems it
# starts in a fifth of the time; late_gems.rb loads RubyGems for functions that need it. All names are in the module
# LamBootstrap. Parts that few functions need are loaded when they are needed.

require_relative 'bootstrap'

LamBootstrap.main
